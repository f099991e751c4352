//! What the tests of the identities need: the toolchains of the two OpenID providers that they start, and a browser for the
//! page on which a person approves. Installed where that can be done; without them those tests fail, so it is said at once.

use std::{path::Path, process::Command, time::Duration};

use crate::{
    failure::Failure,
    programs::{self, find},
    step::Steps,
};

/// Each program, and Debian's package with it.
const PROGRAMS: [(&str, &str); 5] = [
    ("go", "golang-go"),
    ("node", "nodejs"),
    ("npm", "npm"),
    ("chromium", "chromium"),
    ("chromedriver", "chromium-driver"),
];

/// Sees that they are there, and that Go is new enough for the provider: it fetches its modules and checks its source.
pub(crate) fn bring(steps: &mut Steps, root: &Path) -> Result<(), Failure> {
    let packages = packages(find);
    if !packages.is_empty() {
        programs::install(steps, &packages, Duration::from_secs(90));
    }
    let missing: Vec<&str> = PROGRAMS.iter().map(|(program, _)| *program).filter(|name| !find(name)).collect();
    if !missing.is_empty() {
        return Err(Failure::new(format!(
            "the tests of the identities start OpenID providers and a browser, and there is no {} on PATH\n  next, on \
             Debian as root, then this again: {}\n  elsewhere: https://go.dev/dl (1.26 or newer), https://nodejs.org (20 or \
             newer), Chromium and its chromedriver",
            missing.join(", no "),
            programs::line(&self::packages(find))
        )));
    }
    steps.one_more();
    let mut vet = Command::new("go");
    vet.args(["vet", "./..."]).current_dir(root.join("tests/peers/oidc/zitadel"));
    let vetted = steps.run("Go's own check of the OpenID provider", Duration::from_secs(60), &mut vet);
    vetted.map_err(|failure| {
        Failure::new(format!("{failure}\n  next: if Go is older than 1.26, install a newer one: https://go.dev/dl"))
    })
}

/// The packages of what is not there.
fn packages(is_there: impl Fn(&str) -> bool) -> Vec<&'static str> {
    PROGRAMS.iter().filter(|(program, _)| !is_there(program)).map(|(_, package)| *package).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_is_missing_is_installed() {
        assert_eq!(packages(|_| true), Vec::<&str>::new());
        assert_eq!(packages(|program| program.starts_with("chrom")), ["golang-go", "nodejs", "npm"]);
    }
}
