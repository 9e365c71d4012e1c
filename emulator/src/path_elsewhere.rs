//! Where there are no network namespaces.

use std::io;
use std::net::Ipv4Addr;
use std::thread::JoinHandle;

use crate::packet::Filter;
use crate::pipe::{Counts, Shape};
use crate::{NotPermitted, Side};

/// A path that cannot be laid here.
#[derive(Debug)]
pub struct Path(core::convert::Infallible);

#[expect(
    missing_docs,
    reason = "none of this can be called; the Linux one is documented"
)]
impl Path {
    pub fn lay(_ab: Shape, _ba: Shape, _seed: u64) -> Result<Self, NotPermitted> {
        Err(NotPermitted("it needs Linux".to_owned()))
    }

    pub fn run<T: Send + 'static>(
        &self,
        _side: Side,
        _work: impl FnOnce() -> T + Send + 'static,
    ) -> io::Result<JoinHandle<io::Result<T>>> {
        match self.0 {}
    }

    pub fn run_to_end<T: Send + 'static>(
        &self,
        _side: Side,
        _work: impl FnOnce() -> T + Send + 'static,
    ) -> io::Result<T> {
        match self.0 {}
    }

    #[must_use]
    pub const fn address(&self, _side: Side) -> Ipv4Addr {
        match self.0 {}
    }

    pub fn change_address(&mut self, _side: Side) -> io::Result<()> {
        match self.0 {}
    }

    pub fn set_shape(&self, _from: Side, _shape: Shape) {
        match self.0 {}
    }

    pub fn cut(&self) {
        match self.0 {}
    }

    pub fn mend(&self) {
        match self.0 {}
    }

    pub fn block(&self, _filter: Option<Filter>) {
        match self.0 {}
    }

    #[must_use]
    pub fn counts(&self, _from: Side) -> Counts {
        match self.0 {}
    }
}
