//! What the server sees of a code outside of the key exchange: byte for byte the same whatever the
//! words are.

use super::*;

/// Everything sent so far, as it goes over the wire.
fn sent(outputs: &[Output]) -> Vec<String> {
    let messages = outputs.iter().filter_map(|output| {
        if let Output::SendSignal(message) = output {
            Some(message.encode())
        } else {
            None
        }
    });
    messages.collect()
}

/// A code's whole life but for the exchanges themselves: asked for, named, lost and asked for again,
/// knocked at with nonsense, guessed at three times.
fn seen(byte: u8) -> Vec<String> {
    let mut sponsor = Sponsor::new(SECRET);
    let mut seen = sent(&sponsor.open(words(byte), 2, true, START));
    seen.extend(sent(&sponsor.on_nameplate(nameplate(4821), START)));
    sponsor.on_server_lost();
    seen.extend(sent(&Vec::from_iter(sponsor.on_joined(START))));
    seen.extend(sent(&sponsor.on_nameplate(nameplate(77), START)));
    seen.extend(sent(&sponsor.on_knock(GUEST, "AAAA", [1; 32], START)));
    seen.extend(sent(&sponsor.on_proof(GUEST, "AAAA", [1; 24])));
    for n in 0..TRIES_MAX {
        let guest = PeerId([n; 16]);
        let guess = Half::new(
            Side::Newcomer,
            words(200).password(),
            nameplate(77),
            [n; 32],
        );
        // The answer is the sponsor's half of the exchange: see the tests of the wire.
        let answer = sponsor.on_knock(guest, &guess.text(), [n + 100; 32], START);
        assert!(answer_in(&answer[0]).is_some());
        let proof = BLANK_PROOF.to_owned();
        seen.extend(sent(&sponsor.on_proof(guest, &proof, [1; 24])));
    }
    seen.extend(sent(&sponsor.on_knock(GUEST, "AAAA", [1; 32], START)));
    seen
}

/// 32 bytes that prove nothing.
const BLANK_PROOF: &str = "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA";

#[test]
fn opening_numbering_refusing_and_burning_a_code_is_the_same_whatever_its_words() {
    let first = seen(0);
    for word in ["nameplate_open", "nameplate_close", "knock_refuse"] {
        assert!(first.iter().any(|text| text.contains(word)), "{word}");
    }
    for byte in 1..200 {
        assert_eq!(seen(byte), first);
    }
}

#[test]
fn closing_a_code_is_the_same_whatever_its_words_and_whyever_it_ends() {
    let close = |byte, why| {
        let mut sponsor = Sponsor::new(SECRET);
        sponsor.open(words(byte), 1, true, START);
        sponsor.on_nameplate(nameplate(4821), START);
        sent(&sponsor.close(why, true))
    };
    let first = close(0, CodeEnd::Closed);
    for byte in 1..100 {
        for why in [CodeEnd::Closed, CodeEnd::Expired, CodeEnd::Left] {
            assert_eq!(close(byte, why), first);
        }
    }
}

#[test]
fn a_refused_guess_looks_the_same_however_much_of_it_is_right() {
    let refusal = |password: Vec<u8>| {
        let mut sponsor = sponsor(1);
        let half = Half::new(Side::Newcomer, password, nameplate(4821), [4; 32]);
        let answer = sponsor.on_knock(GUEST, &half.text(), [5; 32], START);
        let met = half.meet(&answer_in(&answer[0]).unwrap()).unwrap();
        sent(&sponsor.on_proof(GUEST, &met.proof(), [6; 24]))
    };
    let right = words(1).password();
    let first = refusal(b"nothing of it".to_vec());
    assert!(first[0].contains("knock_refuse"));
    for len in 0..right.len() {
        assert_eq!(refusal(right[..len].to_vec()), first);
    }
}
