//! The comparison with the simplest secure way: TCP with TLS 1.3 (RFC 8446), file to file.
//!
//! Blocking sockets, 64 KiB at a time, `ring` as everywhere in Parlor. The file is read through the
//! page cache and written as it comes; nothing is hashed. The receiver trusts the one certificate
//! that its ticket holds.

use std::fs::File;
use std::io::{Read, Write};
use std::net::{IpAddr, TcpListener, TcpStream};
use std::path::Path;
use std::sync::Arc;

use data_encoding::HEXLOWER;
use rustls::pki_types::{CertificateDer, PrivatePkcs8KeyDer, ServerName};
use rustls::version::TLS13;
use rustls::{
    ClientConfig, ClientConnection, RootCertStore, ServerConfig, ServerConnection, StreamOwned,
};

use crate::failure::{Result, While as _, failed};

const BUFFER_BYTES: usize = 64 * 1024;

/// The name in the certificate; nobody looks it up.
const HOST: &str = "localhost";

/// Waits at that address for one receiver and sends it the file, with the named congestion control
/// if there is one. Prints `ready ADDRESS/CERTIFICATE`.
pub(crate) fn send(path: &Path, at: IpAddr, congestion: Option<&str>) -> Result<()> {
    let listener = TcpListener::bind((at, 0)).during("a port to listen on")?;
    if let Some(name) = congestion {
        set_congestion(&listener, name).during("the congestion control")?;
    }
    let certified =
        rcgen::generate_simple_self_signed([HOST.to_owned()]).during("a certificate")?;
    let certificate = certified.cert.der().clone();
    let key = PrivatePkcs8KeyDer::from(certified.signing_key.serialize_der());
    let address = listener.local_addr().during("the port")?;
    println!("ready {address}/{}", HEXLOWER.encode(&certificate));
    let config = ServerConfig::builder_with_provider(provider())
        .with_protocol_versions(&[&TLS13])
        .during("TLS 1.3")?
        .with_no_client_auth()
        .with_single_cert(vec![certificate], key.into())
        .during("the certificate")?;
    let (stream, _) = listener.accept().during("a receiver")?;
    stream.set_nodelay(true).during("the connection")?;
    let connection = ServerConnection::new(Arc::new(config)).during("TLS")?;
    let mut stream = StreamOwned::new(connection, stream);
    let mut file = File::open(path).during("the file to send")?;
    copy(&mut file, &mut stream)?;
    stream.conn.send_close_notify();
    stream.flush().during("the end of the file")?;
    // The receiver closes when it has all; to leave before could cost it the last packets.
    let mut rest = [0];
    if stream.sock.read(&mut rest).during("the receiver")? == 0 {
        return failed("the receiver left without a word");
    }
    Ok(())
}

/// Connections that the listener accepts have it too.
#[cfg(target_os = "linux")]
fn set_congestion(listener: &TcpListener, name: &str) -> std::io::Result<()> {
    socket2::SockRef::from(listener).set_tcp_congestion(name.as_bytes())
}

#[cfg(not(target_os = "linux"))]
fn set_congestion(_: &TcpListener, _: &str) -> std::io::Result<()> {
    Err(std::io::ErrorKind::Unsupported.into())
}

/// Receives the file that the ticket of [`send`] stands for.
pub(crate) fn receive(ticket: &str, path: &Path) -> Result<()> {
    let (address, certificate) = ticket
        .split_once('/')
        .ok_or("no `/`")
        .during("the ticket")?;
    let certificate = HEXLOWER
        .decode(certificate.as_bytes())
        .during("the ticket")?;
    let mut roots = RootCertStore::empty();
    roots
        .add(CertificateDer::from(certificate))
        .during("the certificate")?;
    let config = ClientConfig::builder_with_provider(provider())
        .with_protocol_versions(&[&TLS13])
        .during("TLS 1.3")?
        .with_root_certificates(roots)
        .with_no_client_auth();
    let name = ServerName::try_from(HOST).during("the server's name")?;
    let connection = ClientConnection::new(Arc::new(config), name).during("TLS")?;
    let stream = TcpStream::connect(address).during("the sender")?;
    let mut stream = StreamOwned::new(connection, stream);
    let mut file = File::create(path).during("the file to write")?;
    copy(&mut stream, &mut file)?;
    stream.conn.send_close_notify();
    stream.flush().during("the farewell")
}

fn copy(from: &mut impl Read, to: &mut impl Write) -> Result<()> {
    let mut buffer = vec![0; BUFFER_BYTES];
    loop {
        let read = from.read(&mut buffer).during("reading")?;
        let bytes = buffer.get(..read).unwrap_or_default();
        if bytes.is_empty() {
            return Ok(());
        }
        to.write_all(bytes).during("writing")?;
    }
}

fn provider() -> Arc<rustls::crypto::CryptoProvider> {
    Arc::new(rustls::crypto::ring::default_provider())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_ticket_that_is_none_is_refused() {
        for ticket in ["", "127.0.0.1:1", "127.0.0.1:1/zz"] {
            assert!(receive(ticket, Path::new("/nowhere")).is_err(), "{ticket}");
        }
    }

    #[test]
    fn more_than_one_buffer_is_copied_whole() {
        let bytes: Vec<u8> = (0..200_000_u32).map(|i| i.to_le_bytes()[0]).collect();
        let mut copied = Vec::new();
        copy(&mut bytes.as_slice(), &mut copied).unwrap();
        assert_eq!(copied, bytes);
    }
}
