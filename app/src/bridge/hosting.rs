//! The signaling server in this process, for rooms that this device hosts.

use std::net::{Ipv4Addr, SocketAddr};

use parlor_core::home::Home;
use parlor_proto::invite::ServerUrl;
use parlor_signaling::host::{Host, HostError};

/// Under which name the home keeps the port: invites name it, so it should stay the same.
const PORT_SETTING: &str = "host_port";

/// A server that starts when the first room needs it.
#[derive(Debug, Default)]
pub(super) struct Hosting {
    host: Option<Host>,
}

impl Hosting {
    /// The address of the server, which is started if it does not run yet: at its last port if
    /// that is free.
    pub(super) async fn url(&mut self, home: &Home) -> Result<ServerUrl, HostError> {
        let host = match self.host.take() {
            Some(host) => host,
            None => start(home).await?,
        };
        Ok(self.host.insert(host).url().clone())
    }
}

async fn start(home: &Home) -> Result<Host, HostError> {
    let any = |port| SocketAddr::from((Ipv4Addr::UNSPECIFIED, port));
    let reading = home.clone();
    let last = tokio::task::spawn_blocking(move || reading.setting(PORT_SETTING)).await;
    let last = last.ok().and_then(Result::ok).flatten();
    let last: Option<u16> = last.and_then(|port| port.parse().ok());
    if let Some(port) = last
        && let Ok(host) = Host::start(any(port)).await
    {
        return Ok(host);
    }
    let host = Host::start(any(0)).await?;
    let (writing, port) = (home.clone(), host.local_addr().port().to_string());
    let kept = tokio::task::spawn_blocking(move || writing.set(PORT_SETTING, &port)).await;
    if !matches!(kept, Ok(Ok(()))) {
        tracing::warn!("the next start may host its rooms at another port");
    }
    Ok(host)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn the_next_start_hosts_at_the_same_port() {
        let data = tempfile::tempdir().unwrap();
        let home = Home::open(data.path()).unwrap();
        let mut first = Hosting::default();
        let url = first.url(&home).await.unwrap();
        assert_eq!(
            first.url(&home).await.unwrap(),
            url,
            "one server for all rooms"
        );
        first.host.unwrap().stop().await;
        assert_eq!(Hosting::default().url(&home).await.unwrap(), url);
    }

    #[tokio::test]
    async fn a_port_that_is_taken_is_made_up_for() {
        let data = tempfile::tempdir().unwrap();
        let home = Home::open(data.path()).unwrap();
        let mut running = Hosting::default();
        let url = running.url(&home).await.unwrap();
        assert_ne!(Hosting::default().url(&home).await.unwrap(), url);
    }
}
