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
    /// What all identities of the same plugin and app have in common. Their settings may differ and their session be the
    /// same one, so what ends one of them ends them all; who is signed in still is known again at the next token.
    group: String,
    id: String,
}

/// What is kept: who it is, as a digest, and which sign-in.
struct Kept {
    subject: String,
    sign_in: String,
}

impl SignIns {
    /// `plugin`: which plugin, of which app. `settings`: what makes it another identity than others of that plugin.
    pub(crate) fn new(sessions: Arc<Sessions>, plugin: &serde_json::Value, settings: &serde_json::Value) -> Self {
        let digest = |value: &serde_json::Value| digest(value.to_string().as_bytes());
        let group = digest(plugin);
        SignIns { sessions, id: format!("{group}-{}", digest(settings)), group }
    }

    /// Which sign-in there is; none where nobody is known to be signed in.
    pub(crate) fn current(&self) -> Option<String> {
        self.read().map(|kept| kept.sign_in)
    }

    /// There is a token for this person: it is of the sign-in that is known, or of a new one, if it is somebody else.
    pub(crate) fn seen(&self, subject: &str) -> String {
        let subject = digest(subject.as_bytes());
        match self.read() {
            Some(kept) if kept.subject == subject => return kept.sign_in,
            Some(_) => {
                // Whoever was there before is nowhere any more.
                if let Err(error) = self.sessions.forget_plain(&self.group) {
                    tracing::debug!("the sign-ins of before were not forgotten: {error}");
                }
            }
            None => {}
        }
        let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default().as_nanos();
        let sign_in = digest(format!("{subject} {now} {}", std::process::id()).as_bytes());
        self.sessions.write_plain(&self.id, Zeroizing::new(format!("{subject} {sign_in}\n")));
        // Of two programs that saw the same person first, one was the later one.
        self.read().filter(|kept| kept.subject == subject).map_or(sign_in, |kept| kept.sign_in)
    }

    /// Nobody is signed in any more, or somebody signed in anew: what was kept for them is not found again.
    ///
    /// # Errors
    /// Where a file cannot be removed.
    pub(crate) fn ended(&self) -> io::Result<()> {
        self.sessions.forget_plain(&self.group)
    }

    fn read(&self) -> Option<Kept> {
        let text = self.sessions.read_plain(&self.id)?;
        let (subject, sign_in) = text.trim_end().split_once(' ')?;
        Some(Kept { subject: subject.to_owned(), sign_in: sign_in.to_owned() })
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

    /// All whose names begin so.
    fn forget_plain(&self, group: &str) -> io::Result<()> {
        self.memory().retain(|name, _| !(name.starts_with(group) && name.ends_with(".sign-in")));
        let Some(folder) = self.file(group, "sign-in").and_then(|path| path.parent().map(Path::to_owned)) else {
            return Ok(());
        };
        let entries = match std::fs::read_dir(&folder) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(()),
            entries => entries?,
        };
        for entry in entries {
            let path = entry?.path();
            let name = path.file_name().and_then(|name| name.to_str()).unwrap_or_default();
            if name.starts_with(group) && name.ends_with(".sign-in") {
                match std::fs::remove_file(&path) {
                    Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
                    _ => {}
                }
            }
        }
        Ok(())
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

    fn sign_ins(folder: Option<&Path>, settings: &str) -> SignIns {
        let places = Places { config: folder.map(|folder| folder.join("user")), ..Places::default() };
        let sessions = Sessions::new(Vault::new(&places), folder.map(|folder| folder.join("sessions")));
        SignIns::new(Arc::new(sessions), &json!("zitadel"), &json!(settings))
    }

    #[test]
    fn a_sign_in_lasts_for_the_same_person_and_another_one_is_another() {
        let folder = tempfile::tempdir().unwrap();
        for place in [Some(folder.path()), None] {
            let sign_ins = sign_ins(place, "a");
            assert_eq!(sign_ins.current(), None);
            let first = sign_ins.seen("anna");
            assert_eq!(sign_ins.current().as_ref(), Some(&first));
            assert_eq!(sign_ins.seen("anna"), first);
            assert_ne!(sign_ins.seen("bert"), first);
            sign_ins.ended().unwrap();
            assert_eq!(sign_ins.current(), None);
            assert_ne!(sign_ins.seen("anna"), first, "what was made before the sign-out is not found again");
        }
    }

    #[test]
    fn all_programs_see_the_same_sign_in_and_another_identity_has_another() {
        let folder = tempfile::tempdir().unwrap();
        let one = sign_ins(Some(folder.path()), "a");
        one.seen("anna");
        assert_eq!(sign_ins(Some(folder.path()), "a").current(), one.current());
        assert_eq!(sign_ins(Some(folder.path()), "b").current(), None);
    }

    /// Two projects whose settings differ have one session, if issuer and client are the same.
    #[test]
    fn a_sign_out_or_another_person_in_one_project_is_one_in_all() {
        let folder = tempfile::tempdir().unwrap();
        let (one, other) = (sign_ins(Some(folder.path()), "a"), sign_ins(Some(folder.path()), "b"));
        for ends in [&|| one.ended().unwrap(), &|| drop(one.seen("bert"))] as [&dyn Fn(); 2] {
            one.seen("anna");
            let before = other.seen("anna");
            ends();
            assert_eq!(other.current(), None);
            assert_ne!(other.seen("anna"), before);
        }
    }
}
