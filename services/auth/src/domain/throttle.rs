//! Token buckets against guessing: they slow down who guesses and never lock out the owner.

use std::net::IpAddr;

use sha2::{Digest as _, Sha256};

/// A bucket's size and how fast it fills.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Limit {
    /// So many at once.
    pub(crate) burst: i64,
    /// And then one in so many milliseconds.
    pub(crate) every_ms: i64,
}

/// One take from a bucket.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Take {
    /// Names the bucket: a digest, so that the table holds no addresses.
    pub(crate) bucket: [u8; 32],
    /// How the bucket behaves.
    pub(crate) limit: Limit,
    /// How many tokens it costs.
    pub(crate) cost: i64,
}

/// Wrong passwords for one account from one network.
const PAIR: Limit = Limit { burst: 10, every_ms: 30_000 };
/// Wrong passwords for one account from everywhere. An empty bucket refuses nobody: it makes each try
/// of a network cost more, see [`guess`].
const ACCOUNT: Limit = Limit { burst: 100, every_ms: 60_000 };
/// Mails that strangers may have sent to one address.
const MAILS: Limit = Limit { burst: 3, every_ms: 20 * 60_000 };
/// What a try costs while many networks guess at one account: two tries instead of ten.
const UNDER_ATTACK: i64 = 5;

/// Wrong passwords for an account, wherever they come from.
pub(crate) fn account(email: &str) -> Take {
    Take { bucket: bucket(&["account", email]), limit: ACCOUNT, cost: 1 }
}

/// A guess at an account from a network. From a network of its own, the owner always has tries left.
pub(crate) fn guess(email: &str, network: &str, under_attack: bool) -> Take {
    let cost = if under_attack { UNDER_ATTACK } else { 1 };
    Take { bucket: bucket(&["pair", email, network]), limit: PAIR, cost }
}

/// Anything that costs a hash or a mail, from one network.
pub(crate) fn network_use(network: &str, burst: i64) -> Take {
    Take { bucket: bucket(&["network", network]), limit: Limit { burst, every_ms: 2_000 }, cost: 1 }
}

/// A mail to an address that somebody typed.
pub(crate) fn mail(email: &str) -> Take {
    Take { bucket: bucket(&["mail", email]), limit: MAILS, cost: 1 }
}

/// What counts as one place: an IPv4 address, or the /64 that an IPv6 customer has to themselves.
pub(crate) fn network(address: IpAddr) -> String {
    match address.to_canonical() {
        IpAddr::V4(address) => address.to_string(),
        IpAddr::V6(address) => {
            let [a, b, c, d, ..] = address.segments();
            format!("{a:x}:{b:x}:{c:x}:{d:x}::/64")
        }
    }
}

fn bucket(parts: &[&str]) -> [u8; 32] {
    let mut digest = Sha256::new();
    for part in parts {
        digest.update(part.as_bytes());
        digest.update([0]);
    }
    digest.finalize().into()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_customer_is_one_network() {
        let of = |text: &str| network(text.parse().unwrap());

        assert_eq!(of("2001:db8:1:2::1"), of("2001:db8:1:2:ffff::9"));
        assert_ne!(of("2001:db8:1:2::1"), of("2001:db8:1:3::1"));
        assert_eq!(of("::ffff:192.0.2.1"), of("192.0.2.1"));
        assert_ne!(of("192.0.2.1"), of("192.0.2.2"));
    }

    #[test]
    fn buckets_of_different_pairs_differ() {
        assert_ne!(guess("a@b.c", "d", false).bucket, guess("a@b.cd", "", false).bucket);
        assert_ne!(account("a@b.c").bucket, mail("a@b.c").bucket);
    }
}
