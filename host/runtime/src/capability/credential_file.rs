//! Small files with a credential in them, which the settings of a source name. They are read when they are asked for: what
//! writes them writes them anew.
//!
//! Stops: a plugin that wants a file which no setting of the wanted kind names, and one without end. Does not stop: a
//! manifest that names another file (that is what trust is about).

use std::{
    collections::BTreeMap,
    fs::File,
    io::{self, Read},
    path::PathBuf,
};

use harmony_config_core::{Blame, Failure, FailureCode};
use zeroize::Zeroizing;

use crate::{
    limits,
    policy::{Pass, Use},
};

/// The files that the settings of one source name.
#[derive(Clone, Debug, Default)]
pub(crate) struct CredentialFiles {
    files: BTreeMap<Vec<String>, PathBuf>,
}

impl CredentialFiles {
    /// `files`: by the paths of the settings that name them.
    pub(crate) fn new(files: BTreeMap<Vec<String>, PathBuf>) -> Self {
        CredentialFiles { files }
    }

    /// The text in the file, without white space at its two ends; none where there is no file.
    pub(crate) fn read(&self, pass: &Pass<'_>) -> Result<Option<Zeroizing<String>>, Failure> {
        let Use::CredentialFile(setting) = pass.what() else {
            return Err(Failure::new(FailureCode::Denied, "this leave is not for a file with a credential"));
        };
        let Some(path) = self.files.get(setting) else { return Ok(None) };
        let shown = path.display();
        let invalid = |why: &str| {
            Failure::new(FailureCode::Invalid, format!("the file {shown} has no credential in it: {why}"))
                .with_remedy(format!("see the setting `{}`", setting.join(".")))
                .blamed_on(Blame::Person)
        };
        let file = match File::open(path) {
            Ok(file) => file,
            Err(error) if matches!(error.kind(), io::ErrorKind::NotFound | io::ErrorKind::NotADirectory) => {
                return Ok(None);
            }
            Err(error) => return Err(unreadable(path, &error)),
        };
        // A pipe or a device would keep everybody waiting.
        if !file.metadata().map_err(|error| unreadable(path, &error))?.is_file() {
            return Err(invalid("it is no file"));
        }
        let mut bytes = Zeroizing::new(Vec::new());
        let mut bounded = file.take(limits::MAX_CREDENTIAL_FILE_BYTES + 1);
        bounded.read_to_end(&mut bytes).map_err(|error| unreadable(path, &error))?;
        if bytes.len() as u64 > limits::MAX_CREDENTIAL_FILE_BYTES {
            return Err(invalid(&format!("it is larger than {} KiB", limits::MAX_CREDENTIAL_FILE_BYTES >> 10)));
        }
        let text = std::str::from_utf8(&bytes).map_err(|_| invalid("it is no text"))?;
        Ok(Some(Zeroizing::new(text.trim().to_owned())))
    }
}

fn unreadable(path: &std::path::Path, error: &io::Error) -> Failure {
    let code = match error.kind() {
        io::ErrorKind::PermissionDenied => FailureCode::Denied,
        _ => FailureCode::Unavailable,
    };
    Failure::new(code, format!("the file {} cannot be read: {error}", path.display()))
        .with_remedy("see that it is yours to read")
        .blamed_on(Blame::Person)
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use harmony_config_core::Interaction;

    use super::*;
    use crate::policy::{Grants, Phase, Policy};

    fn setting(path: &[&str]) -> Vec<String> {
        path.iter().map(|part| (*part).to_owned()).collect()
    }

    fn read(named: &Path, asked: &[&str]) -> Result<Option<String>, Failure> {
        let files = CredentialFiles::new([(setting(&["auth", "0", "file"]), named.to_owned())].into());
        let policy = Policy::new(Grants { credential_files: ["auth.*.file".to_owned()].into(), ..Grants::default() });
        let asked = setting(asked);
        let pass = policy.check(Phase::Call(Interaction::Forbidden), Use::CredentialFile(&asked))?;
        Ok(files.read(&pass)?.map(|text| text.to_string()))
    }

    #[test]
    fn the_text_is_what_the_file_holds_now() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("token");
        let named = ["auth", "0", "file"];
        assert_eq!(read(&file, &named).unwrap(), None);
        for text in ["one\n", "  two"] {
            std::fs::write(&file, text).unwrap();
            assert_eq!(read(&file, &named).unwrap().as_deref(), Some(text.trim()));
        }
        assert_eq!(read(&file, &["auth", "1", "file"]).unwrap(), None);
        assert_eq!(read(&file, &["address"]).unwrap_err().code, FailureCode::Denied);
    }

    #[test]
    fn what_is_no_credential_is_refused_in_words_without_it() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("token");
        let named = ["auth", "0", "file"];
        for (bytes, words) in [(vec![0xff; 9], "no text"), (vec![b'x'; 70_000], "larger than 64 KiB")] {
            std::fs::write(&file, bytes).unwrap();
            let failure = read(&file, &named).unwrap_err();
            assert_eq!(failure.code, FailureCode::Invalid);
            assert!(failure.message.contains(words) && !failure.message.contains("xxx"), "{failure}");
        }
        assert!(read(folder.path(), &named).unwrap_err().message.contains("it is no file"));
    }
}
