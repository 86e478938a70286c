//! Hashing passwords: argon2id in threads of its own, a few at a time, with a queue that has an end.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use argon2::password_hash::phc::PasswordHash;
use argon2::password_hash::{PasswordHasher as _, PasswordVerifier as _};
use argon2::{Algorithm, Argon2, Params, Version};
use secrecy::{ExposeSecret as _, SecretString};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

use crate::Error;

/// Memory in KiB, passes, lanes: the minimum of the OWASP Password Storage Cheat Sheet for argon2id
/// (RFC 9106).
const COST: (u32, u32, u32) = (19 * 1024, 2, 1);

/// A hash of a password that nobody has, at the cost above: checked when there is no such account, so
/// that both answers take the same work.
const DUMMY: &str = "$argon2id$v=19$m=19456,t=2,p=1$c2VsbWEgc2FsdCBzZWxtYQ\
                     $AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA";

/// Checks and makes password hashes. Copies share their limits.
#[derive(Clone, Debug)]
pub struct Passwords {
    /// Room for those at work and those who wait; an empty one turns people away.
    room: Arc<Semaphore>,
    work: Arc<Semaphore>,
    checked: Arc<AtomicU64>,
}

/// What checking a password found.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Match {
    /// Another password.
    Wrong,
    /// The password.
    Right,
    /// The password, hashed at another cost than today's.
    Outdated,
}

impl Passwords {
    /// Works on `at_once` passwords (19 MiB each) and lets `waiting` more wait.
    #[must_use]
    pub fn new(at_once: u32, waiting: u32) -> Self {
        let permits = |count: u32| usize::try_from(count).unwrap_or(Semaphore::MAX_PERMITS);
        Self {
            room: Arc::new(Semaphore::new(permits(at_once.saturating_add(waiting)))),
            work: Arc::new(Semaphore::new(permits(at_once))),
            checked: Arc::default(),
        }
    }

    /// How many passwords were checked, those of unknown accounts included.
    #[must_use]
    pub fn checked(&self) -> u64 {
        self.checked.load(Ordering::Relaxed)
    }

    /// Makes the PHC string of a password, with a salt of its own.
    pub(crate) async fn hash(&self, password: &SecretString) -> Result<String, Error> {
        let password = password.clone();
        self.in_turn(move || {
            let hash = argon2()?.hash_password(password.expose_secret().as_bytes());
            hash.map(|hash| hash.to_string()).map_err(|error| Error::Hashing(error.to_string()))
        })
        .await
    }

    /// Checks a password against a PHC string, or against nothing with the same work.
    pub(crate) async fn check(
        &self,
        password: &SecretString,
        known: Option<&str>,
    ) -> Result<Match, Error> {
        let password = password.clone();
        let (phc, exists) = (known.unwrap_or(DUMMY).to_owned(), known.is_some());
        let checked = Arc::clone(&self.checked);
        self.in_turn(move || {
            let hash =
                PasswordHash::new(&phc).map_err(|error| Error::Corrupt(error.to_string()))?;
            let outcome = argon2()?.verify_password(password.expose_secret().as_bytes(), &hash);
            checked.fetch_add(1, Ordering::Relaxed);
            Ok(match outcome {
                Ok(()) if exists && today(&hash) => Match::Right,
                Ok(()) if exists => Match::Outdated,
                _ => Match::Wrong,
            })
        })
        .await
    }

    async fn in_turn<T: Send + 'static>(
        &self,
        work: impl FnOnce() -> Result<T, Error> + Send + 'static,
    ) -> Result<T, Error> {
        let room = Arc::clone(&self.room).try_acquire_owned().map_err(|_| Error::Busy)?;
        let turn = Arc::clone(&self.work).acquire_owned().await.map_err(|_| Error::Busy)?;
        // The permits go along: a caller who leaves does not make room while the work goes on.
        let held: (OwnedSemaphorePermit, OwnedSemaphorePermit) = (room, turn);
        let done = tokio::task::spawn_blocking(move || {
            let done = work();
            drop(held);
            done
        });
        done.await.map_err(|error| Error::Hashing(error.to_string()))?
    }
}

fn argon2() -> Result<Argon2<'static>, Error> {
    let (memory_kib, passes, lanes) = COST;
    let params = Params::new(memory_kib, passes, lanes, None);
    let params = params.map_err(|error| Error::Hashing(error.to_string()))?;
    Ok(Argon2::new(Algorithm::Argon2id, Version::V0x13, params))
}

/// True when a hash was made at today's cost.
fn today(hash: &PasswordHash) -> bool {
    let (memory_kib, passes, lanes) = COST;
    Params::try_from(hash).is_ok_and(|params| {
        (params.m_cost(), params.t_cost(), params.p_cost()) == (memory_kib, passes, lanes)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn secret(text: &str) -> SecretString {
        SecretString::from(text)
    }

    #[tokio::test]
    async fn a_hash_is_argon2id_at_the_cost_that_was_decided() {
        let phc = Passwords::new(2, 0).hash(&secret("kornblume")).await.unwrap();

        let [_, algorithm, version, cost, salt, output] =
            phc.split('$').collect::<Vec<_>>().try_into().unwrap();
        assert_eq!((algorithm, version), ("argon2id", "v=19"));
        assert_eq!(cost, "m=19456,t=2,p=1");
        assert!(salt.len() >= 22 && output.len() >= 43);
    }

    #[tokio::test]
    async fn two_hashes_of_one_password_differ_and_both_match() {
        let passwords = Passwords::new(2, 0);
        let (one, two) = (
            passwords.hash(&secret("kornblume")).await.unwrap(),
            passwords.hash(&secret("kornblume")).await.unwrap(),
        );

        assert_ne!(one, two);
        for phc in [&one, &two] {
            let right = passwords.check(&secret("kornblume"), Some(phc)).await.unwrap();
            let wrong = passwords.check(&secret("kornblumen"), Some(phc)).await.unwrap();
            assert_eq!((right, wrong), (Match::Right, Match::Wrong));
        }
    }

    #[tokio::test]
    async fn a_hash_of_another_cost_is_right_and_outdated() {
        let cheap = Argon2::new(
            Algorithm::Argon2id,
            Version::V0x13,
            Params::new(8 * 1024, 1, 1, None).unwrap(),
        );
        let phc = cheap.hash_password(b"kornblume").unwrap().to_string();

        let found = Passwords::new(1, 0).check(&secret("kornblume"), Some(&phc)).await.unwrap();

        assert_eq!(found, Match::Outdated);
    }

    #[tokio::test]
    async fn an_unknown_account_costs_a_whole_check_at_todays_cost() {
        let passwords = Passwords::new(1, 0);

        let found = passwords.check(&secret("kornblume"), None).await.unwrap();

        assert_eq!((found, passwords.checked()), (Match::Wrong, 1));
        assert!(today(&PasswordHash::new(DUMMY).unwrap()));
    }

    #[tokio::test]
    async fn who_finds_no_room_is_told_at_once() {
        let passwords = Passwords::new(1, 1);
        let password = secret("kornblume");

        let outcomes = tokio::join!(
            passwords.hash(&password),
            passwords.hash(&password),
            passwords.hash(&password),
        );

        assert!(outcomes.0.is_ok() && outcomes.1.is_ok());
        assert!(matches!(outcomes.2, Err(Error::Busy)));
    }
}
