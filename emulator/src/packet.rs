//! What can be told of an IP packet without taking part in its conversation.

/// Which packets a filter is asked about, and stops where it answers `true`.
pub type Filter = Box<dyn Fn(&[u8]) -> bool + Send>;

/// The UDP payload of an IPv4 packet that is not a fragment (RFC 791, RFC 768).
#[must_use]
pub fn udp_payload(packet: &[u8]) -> Option<&[u8]> {
    const UDP: u8 = 17;
    let (first, protocol) = (*packet.first()?, *packet.get(9)?);
    if first >> 4 != 4 || protocol != UDP {
        return None;
    }
    let header = usize::from(first & 0x0F) * 4;
    packet.get(header + 8..)
}

/// Whether a packet is QUIC by its first byte (RFC 9443, section 3). TURN's channels are in that
/// range as well.
#[must_use]
pub fn is_quic(packet: &[u8]) -> bool {
    udp_payload(packet).is_some_and(|payload| matches!(payload.first(), Some(64..)))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn udp(first: u8) -> Vec<u8> {
        let mut packet = vec![0; 28];
        packet[0] = 0x45;
        packet[9] = 17;
        packet.push(first);
        packet
    }

    #[test]
    fn quic_is_told_from_stun_and_dtls() {
        assert!(is_quic(&udp(0x43)) && is_quic(&udp(0xC3)));
        assert!(!is_quic(&udp(0)) && !is_quic(&udp(22)));
    }

    #[test]
    fn what_is_no_udp_is_no_quic() {
        let mut tcp = udp(0x43);
        tcp[9] = 6;
        assert!(!is_quic(&tcp) && !is_quic(&[]) && !is_quic(&[0x45; 12]));
    }
}
