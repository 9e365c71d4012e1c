//! What a screen reader hears: the accessibility tree of a window, over AT-SPI.

use zbus::blocking::connection::Builder;
use zbus::blocking::{Connection, Proxy};
use zbus::zvariant::{OwnedObjectPath, OwnedValue};

/// Something in the tree.
pub(crate) type Node = (String, OwnedObjectPath);

/// Depth of the tree that is looked at: several times that of any screen.
const DEPTH_MAX: usize = 40;

/// AT-SPI `StateType` of what has the keyboard, as a bit of the first word.
const FOCUSED: u32 = 1 << 12;

/// Children of one node that are looked at.
const CHILDREN_MAX: i32 = 500;

/// AT-SPI `CoordType`: counted from the corner of the screen.
const SCREEN: u32 = 0;

/// AT-SPI `Role`s that are looked for.
pub(crate) mod role {
    /// A button.
    pub(crate) const BUTTON: u32 = 43;
    /// A text field.
    pub(crate) const ENTRY: u32 = 79;
    /// A link.
    pub(crate) const LINK: u32 = 88;
    /// A window.
    pub(crate) const FRAME: u32 = 23;
    /// A paragraph.
    pub(crate) const PARAGRAPH: u32 = 73;
}

/// A place on the screen, in pixels.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Place {
    pub(crate) x: i32,
    pub(crate) y: i32,
    pub(crate) width: i32,
    pub(crate) height: i32,
}

impl Place {
    pub(crate) const fn center(self) -> (i32, i32) {
        (self.x + self.width / 2, self.y + self.height / 2)
    }
}

/// Something with a name, as it is read out.
#[derive(Debug, Clone)]
pub(crate) struct Heard {
    pub(crate) role: u32,
    pub(crate) name: String,
    pub(crate) place: Place,
    /// Whether what is typed goes there.
    pub(crate) has_focus: bool,
}

/// Listens to the windows on one accessibility bus.
#[derive(Debug)]
pub(crate) struct ScreenReader {
    bus: Connection,
}

impl ScreenReader {
    /// Finds the accessibility bus of a session bus, and says that somebody listens.
    pub(crate) fn listen(session: &str) -> zbus::Result<Self> {
        let session = Builder::address(session)?.build()?;
        let launcher = Proxy::new(&session, "org.a11y.Bus", "/org/a11y/bus", "org.a11y.Bus")?;
        let address: String = launcher.call("GetAddress", &())?;
        let status = Proxy::new(&session, "org.a11y.Bus", "/org/a11y/bus", "org.a11y.Status")?;
        status.set_property("IsEnabled", true)?;
        status.set_property("ScreenReaderEnabled", true)?;
        let bus = Builder::address(address.as_str())?.build()?;
        Ok(Self { bus })
    }

    /// Everything with a name in the windows of a process.
    pub(crate) fn hear(&self, pid: u32) -> Vec<Heard> {
        let mut heard = Vec::new();
        let root = (
            "org.a11y.atspi.Registry".to_owned(),
            OwnedObjectPath::try_from("/org/a11y/atspi/accessible/root").expect("it is a path"),
        );
        for app in self.children(&root).unwrap_or_default() {
            if self.pid(&app.0) == Some(pid) {
                self.walk(&app, 0, &mut heard);
            }
        }
        heard
    }

    fn daemon(&self) -> zbus::Result<Proxy<'_>> {
        Proxy::new(
            &self.bus,
            "org.freedesktop.DBus",
            "/org/freedesktop/DBus",
            "org.freedesktop.DBus",
        )
    }

    fn pid(&self, name: &str) -> Option<u32> {
        self.daemon()
            .ok()?
            .call("GetConnectionUnixProcessID", &name)
            .ok()
    }

    fn proxy<'a>(&'a self, node: &'a Node, interface: &'static str) -> zbus::Result<Proxy<'a>> {
        Proxy::new(&self.bus, node.0.as_str(), node.1.as_ref(), interface)
    }

    /// Not kept: the tree is another one the next time.
    fn property(&self, node: &Node, name: &str) -> zbus::Result<OwnedValue> {
        let properties = self.proxy(node, "org.freedesktop.DBus.Properties")?;
        properties.call("Get", &("org.a11y.atspi.Accessible", name))
    }

    fn children(&self, node: &Node) -> zbus::Result<Vec<Node>> {
        let accessible = self.proxy(node, "org.a11y.atspi.Accessible")?;
        let count = i32::try_from(self.property(node, "ChildCount")?)?;
        (0..count.min(CHILDREN_MAX))
            .map(|at| accessible.call("GetChildAtIndex", &at))
            .collect()
    }

    /// What goes away while it is looked at is not heard.
    fn walk(&self, node: &Node, depth: usize, heard: &mut Vec<Heard>) {
        if let Ok(one) = self.look_at(node)
            && !one.name.is_empty()
        {
            heard.push(one);
        }
        if depth < DEPTH_MAX {
            for child in self.children(node).unwrap_or_default() {
                self.walk(&child, depth + 1, heard);
            }
        }
    }

    fn look_at(&self, node: &Node) -> zbus::Result<Heard> {
        let accessible = self.proxy(node, "org.a11y.atspi.Accessible")?;
        let role: u32 = accessible.call("GetRole", &())?;
        let interfaces: Vec<String> = accessible.call("GetInterfaces", &())?;
        let has = |interface: &str| interfaces.iter().any(|known| known == interface);
        let mut name = String::try_from(self.property(node, "Name")?)?;
        if name.is_empty() && has("org.a11y.atspi.Text") {
            let text = self.proxy(node, "org.a11y.atspi.Text")?;
            name = text.call("GetText", &(0_i32, -1_i32))?;
        }
        let extents: (i32, i32, i32, i32) = if has("org.a11y.atspi.Component") {
            let component = self.proxy(node, "org.a11y.atspi.Component")?;
            component.call("GetExtents", &SCREEN)?
        } else {
            Default::default()
        };
        let (x, y, width, height) = extents;
        // Around names, for the eye alone (UAX #9).
        let name = name.replace(['\u{2068}', '\u{2069}'], "");
        let place = Place {
            x,
            y,
            width,
            height,
        };
        let states: Vec<u32> = accessible.call("GetState", &())?;
        let has_focus = states.first().is_some_and(|first| first & FOCUSED != 0);
        Ok(Heard {
            role,
            name,
            place,
            has_focus,
        })
    }
}
