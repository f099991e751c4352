//! Which sign-in of an identity there is: an opaque text that another sign-in does not have. What a source keeps for
//! whoever is signed in, it keeps under that text, so that nobody gets what was made for another person, in no program
//! and no project. It is no secret and opens nothing, so it is not sealed: looking at it is part of every silent start.

use std::{
    io::{self, Write},
    path::Path,
    sync::Arc,
    time::{SystemTime, UNIX_EPOCH},
};

use sha2::{Digest, Sha256};
use zeroize::Zeroizing;

use super::session::Sessions;
use crate::{hex, paths::private};

/// The sign-ins of one identity.
#[derive(Clone)]
pub(crate) struct SignIns {
    sessions: Arc<Sessions>,
    id: String,
}

/// What is kept: who it is, as a digest, and which sign-in.
struct Kept {
    subject: String,
    sign_in: String,
}

impl SignIns {
    /// `whose`: what makes the identity another one. App, plugin, settings.
    pub(crate) fn new(sessions: Arc<Sessions>, whose: &serde_json::Value) -> Self {
        SignIns { sessions, id: digest(whose.to_string().as_bytes()) }
    }

    /// Which sign-in there is; none where nobody is known to be signed in.
    pub(crate) fn current(&self) -> Option<String> {
        self.read().map(|kept| kept.sign_in)
    }

    /// There is a token for this person: it is the sign-in that is known, or a new one, if it is somebody else.
    pub(crate) fn seen(&self, subject: &str) {
        let subject = digest(subject.as_bytes());
        if self.read().is_none_or(|kept| kept.subject != subject) {
            self.write(subject);
        }
    }

    /// This person signed in anew.
    pub(crate) fn renewed(&self, subject: &str) {
        self.write(digest(subject.as_bytes()));
    }

    /// Nobody is signed in any more.
    pub(crate) fn ended(&self) {
        self.sessions.forget_plain(&self.id);
    }

    fn read(&self) -> Option<Kept> {
        let text = self.sessions.read_plain(&self.id)?;
        let (subject, sign_in) = text.trim_end().split_once(' ')?;
        Some(Kept { subject: subject.to_owned(), sign_in: sign_in.to_owned() })
    }

    fn write(&self, subject: String) {
        let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default().as_nanos();
        let sign_in = digest(format!("{subject} {now} {}", std::process::id()).as_bytes());
        self.sessions.write_plain(&self.id, Zeroizing::new(format!("{subject} {sign_in}\n")));
    }
}

fn digest(bytes: &[u8]) -> String {
    hex::short(&Sha256::digest(bytes), 16)
}

impl Sessions {
    fn read_plain(&self, id: &str) -> Option<Zeroizing<String>> {
        if let Some(text) = self.memory().get(&plain(id)) {
            return Some(text.clone());
        }
        let bytes = private::read_own(&self.file(id, "sign-in")?).ok()??;
        String::from_utf8(bytes).ok().map(Zeroizing::new)
    }

    fn write_plain(&self, id: &str, text: Zeroizing<String>) {
        let written = self.file(id, "sign-in").is_some_and(|path| replace(&path, text.as_bytes()).is_ok());
        match written {
            true => self.memory().remove(&plain(id)),
            // As with sessions: it lasts as long as the process.
            false => self.memory().insert(plain(id), text),
        };
    }

    fn forget_plain(&self, id: &str) {
        self.memory().remove(&plain(id));
        if let Some(path) = self.file(id, "sign-in") {
            let _ = std::fs::remove_file(path);
        }
    }
}

/// Several programs may do it at once: one of them wins.
fn replace(path: &Path, bytes: &[u8]) -> io::Result<()> {
    let folder = path.parent().ok_or(io::ErrorKind::NotFound)?;
    private::make_folder(folder)?;
    // For this user alone, as all that this crate makes.
    let mut file = tempfile::NamedTempFile::new_in(folder)?;
    file.write_all(bytes)?;
    file.persist(path)?;
    Ok(())
}

fn plain(id: &str) -> String {
    format!("{id}.sign-in")
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::{Places, seal::Vault};

    fn sign_ins(folder: Option<&std::path::Path>, whose: &str) -> SignIns {
        let places = Places { config: folder.map(|folder| folder.join("user")), ..Places::default() };
        let sessions = Sessions::new(Vault::new(&places), folder.map(|folder| folder.join("sessions")));
        SignIns::new(Arc::new(sessions), &json!(whose))
    }

    #[test]
    fn a_sign_in_lasts_for_the_same_person_and_another_one_is_another() {
        let folder = tempfile::tempdir().unwrap();
        for place in [Some(folder.path()), None] {
            let sign_ins = sign_ins(place, "a");
            assert_eq!(sign_ins.current(), None);
            sign_ins.seen("anna");
            let first = sign_ins.current().unwrap();
            sign_ins.seen("anna");
            assert_eq!(sign_ins.current().as_ref(), Some(&first));
            sign_ins.seen("bert");
            assert_ne!(sign_ins.current().as_ref(), Some(&first));
            sign_ins.ended();
            assert_eq!(sign_ins.current(), None);
            sign_ins.seen("anna");
            assert_ne!(sign_ins.current().unwrap(), first, "what was made before the sign-out is not found again");
        }
    }

    #[test]
    fn who_signs_in_anew_has_another_one() {
        let folder = tempfile::tempdir().unwrap();
        let one = sign_ins(Some(folder.path()), "a");
        one.seen("anna");
        let first = one.current();
        one.renewed("anna");
        assert_ne!(one.current(), first);
        assert_eq!(sign_ins(Some(folder.path()), "a").current(), one.current(), "another program sees it");
        assert_eq!(sign_ins(Some(folder.path()), "b").current(), None, "another identity has none");
    }
}
