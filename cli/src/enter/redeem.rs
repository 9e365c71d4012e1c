//! From a code to an invite, and why there is none.

use parlor_core::code::{self, NewcomerError, RedeemError};
use parlor_proto::code::Code;
use parlor_proto::invite::{Invite, ServerUrl};
use parlor_proto::signal::ErrorCode;

use crate::exit::{self, Failure};
use crate::interrupt::Interrupt;
use crate::report::Reporter;

/// Exchanges a code for the invite to its room.
pub(super) async fn redeem(
    server: &ServerUrl,
    code: Code,
    reporter: &mut Reporter,
    interrupt: &mut Interrupt,
) -> Result<Invite, Failure> {
    tokio::select! {
        redeemed = code::redeem(server, code) => redeemed.map_err(|error| failure(&error, server)),
        () = interrupt.wait() => {
            reporter.interrupted();
            Err(Failure::interrupted())
        }
    }
}

fn failure(error: &RedeemError, server: &ServerUrl) -> Failure {
    let error = match error {
        RedeemError::Exchange(error) => error,
        RedeemError::System(reason) => {
            let message = format!("The system gives no random numbers ({reason}); use the link.");
            return Failure::new(exit::Code::LocalFile, message);
        }
    };
    let (code, message) = match error {
        NewcomerError::Refused => return Failure::rejected(ErrorCode::CodeRefused, ""),
        NewcomerError::Server { reason } => (
            exit::Code::ServerUnreachable,
            format!(
                "Cannot reach the server {server} ({reason}); check the address and your \
                 connection."
            ),
        ),
        NewcomerError::TooMany { wait } => (
            exit::Code::Refused,
            format!(
                "Too many codes were tried from this network; wait {} s and try again, or use \
                 the link.",
                wait.as_secs().max(1)
            ),
        ),
        NewcomerError::Unsupported => (
            exit::Code::Refused,
            format!("The server {server} does not know codes; ask for the link."),
        ),
        NewcomerError::TimedOut => (
            exit::Code::RoomNotFound,
            "Nobody answered in time; ask whether the code is still shown, and try again."
                .to_owned(),
        ),
        NewcomerError::Forged => (
            exit::Code::Refused,
            "Somebody between you and the room changed the answer; ask for the link instead."
                .to_owned(),
        ),
    };
    Failure::new(code, message)
}

#[cfg(test)]
mod tests {
    use core::time::Duration;

    use super::*;

    #[test]
    fn each_end_of_a_code_has_its_exit_code_and_a_way_out() {
        let server = ServerUrl::parse("https://example.org").unwrap();
        let unreachable = NewcomerError::Server {
            reason: "refused".to_owned(),
        };
        let too_many = NewcomerError::TooMany {
            wait: Duration::from_millis(1),
        };
        for (error, code, way_out) in [
            (NewcomerError::Refused, exit::Code::RoomNotFound, "new one"),
            (
                unreachable,
                exit::Code::ServerUnreachable,
                "check the address",
            ),
            (too_many, exit::Code::Refused, "wait 1 s"),
            (NewcomerError::Unsupported, exit::Code::Refused, "the link"),
            (
                NewcomerError::TimedOut,
                exit::Code::RoomNotFound,
                "try again",
            ),
            (NewcomerError::Forged, exit::Code::Refused, "the link"),
        ] {
            let failure = failure(&RedeemError::Exchange(error.clone()), &server);
            assert_eq!(failure.code, code, "{error:?}");
            assert!(failure.message.contains(way_out), "{failure}");
        }
    }
}
