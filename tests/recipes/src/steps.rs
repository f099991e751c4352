//! The shell lines of a README: which there are, in which order, and whether they are bash.

use std::{
    io::{self, Write},
    process::{Command, Stdio},
};

use crate::Recipe;

/// The steps in the order in which they can be done. Of each, the first line that says this counts.
const ORDER: [&str; 21] = [
    ". ./versions.env",
    "k3d cluster create",
    "rollout status deployment/traefik",
    "apply --filename k3d/dns.yaml",
    "rollout status deployment/coredns",
    "helm upgrade --install cnpg",
    "apply --filename postgres.yaml",
    "wait --for=condition=Ready cluster/zitadel-pg",
    "create secret generic zitadel-masterkey",
    "create secret generic zitadel-admin",
    "helm upgrade --install zitadel",
    "rollout status deployment/zitadel --timeout",
    "helm upgrade --install openbao",
    "=Running pod/openbao-0",
    "bao operator init",
    "bao operator unseal",
    "wait --for=condition=Ready pod/openbao-0",
    "harmony-config team init",
    "harmony-config trust",
    "cargo run",
    "k3d cluster delete",
];

/// What older recipes had, and what does not work.
const OLD_FAULTS: [&str; 4] = ["groups_claim", "auth/userpass/login/", "user_claim=email", "OPENBAO_KV_MOUNT=userpass"];

impl Recipe {
    /// The shell blocks of the README, each with the line it begins at.
    #[must_use]
    pub fn blocks(&self) -> Vec<(usize, String)> {
        let mut blocks = Vec::new();
        let mut open: Option<(usize, String)> = None;
        for (number, line) in self.text("README.md").lines().enumerate() {
            match (line.starts_with("```"), open.as_mut()) {
                (true, Some(_)) => blocks.extend(open.take()),
                (true, None) => open = Some((number + 2, String::new())),
                (false, Some((_, text))) => {
                    text.push_str(line);
                    text.push('\n');
                }
                (false, None) => {}
            }
        }
        blocks
    }

    /// The commands that say this, each on one line.
    pub(crate) fn commands(&self, what: &str) -> Vec<String> {
        let shell: String = self.blocks().into_iter().map(|(_, block)| block).collect();
        let joined = shell.replace("\\\n", " ").replace("|\n", "| ");
        let lines = joined.lines().filter(|line| !line.trim_start().starts_with('#') && line.contains(what));
        lines.map(|line| line.split_whitespace().collect::<Vec<_>>().join(" ") + " ").collect()
    }

    /// Steps that are missing, or come before one that they need.
    #[must_use]
    pub fn out_of_order(&self) -> Vec<String> {
        let shell: String = self.blocks().into_iter().map(|(_, block)| block).collect();
        let mut faults = Vec::new();
        let mut last = (0, "");
        for step in ORDER {
            match shell.find(step) {
                None => faults.push(format!("no line says `{step}`")),
                Some(at) if at < last.0 => faults.push(format!("`{step}` comes before `{}`", last.1)),
                Some(at) => last = (at, step),
            }
        }
        faults
    }

    /// Faults of older recipes that stand in a shell line again.
    #[must_use]
    pub fn old_faults(&self) -> Vec<String> {
        let shell: String = self.blocks().into_iter().map(|(_, block)| block).collect();
        let found = OLD_FAULTS.iter().filter(|fault| shell.replace('"', "").contains(**fault));
        found.map(|fault| format!("a shell line says `{fault}`")).collect()
    }

    /// Blocks that bash cannot read, by `bash -n`, and blocks that nobody checks because they are of another kind.
    ///
    /// # Errors
    /// Where bash cannot be run.
    pub fn not_bash(&self) -> io::Result<Vec<String>> {
        let mut faults = Vec::new();
        let fences = self.text("README.md").lines().filter(|line| line.starts_with("```") && line.len() > 3);
        faults.extend(fences.filter(|line| *line != "```bash").map(|line| format!("a block of kind {line}")));
        for (line, block) in self.blocks() {
            let mut bash = Command::new("bash");
            bash.arg("-n").stdin(Stdio::piped()).stdout(Stdio::null()).stderr(Stdio::piped());
            let mut child = bash.spawn()?;
            if let Some(mut stdin) = child.stdin.take() {
                stdin.write_all(block.as_bytes())?;
            }
            let output = child.wait_with_output()?;
            // Bash warns of an unclosed here-document, and says that all is well.
            if !output.status.success() || !output.stderr.is_empty() {
                let why = String::from_utf8_lossy(&output.stderr);
                faults.push(format!("README.md:{line}: {}", why.trim()));
            }
        }
        Ok(faults)
    }

    /// Flags of `harmony-config team init` that this reference of the command line does not describe.
    #[must_use]
    pub fn unknown_flags(&self, reference: &str) -> Vec<String> {
        let commands = self.commands("harmony-config team init");
        let flags =
            commands.iter().flat_map(|command| command.split_whitespace()).filter(|word| word.starts_with("--"));
        let unknown =
            flags.filter(|flag| !reference.contains(&format!("`{flag}`")) && !reference.contains(&format!("`{flag} ")));
        unknown.map(|flag| format!("team init has no {flag}")).collect()
    }
}
