//! The policies of a namespace: their names and their text. Whether the server has them is `plan`'s business.

use crate::Access;

/// The name of the policy that gives this access to a namespace: `harmony-my-project-read`. OpenBao keeps it in lower
/// case.
pub(crate) fn name(prefix: &str, namespace: &str, access: Access) -> String {
    format!("{prefix}-{}-{}", namespace.to_ascii_lowercase(), access.as_str())
}

/// What the first line of a policy says: whose it is. Two namespaces whose names differ by case would share a policy, and
/// so would one namespace in two mounts; by this line it is seen before one takes the place of the other.
pub(crate) fn owner(mount: &str, namespace: &str) -> String {
    format!("# harmony-config team init: namespace {namespace} in {mount}")
}

/// What the first line of such a policy begins with, whosever it is.
pub(crate) const OWNER: &str = "# harmony-config team init: ";

/// The text of the policy.
pub(crate) fn text(mount: &str, namespace: &str, access: Access) -> String {
    let rules: &[(&str, &[&str])] = match access {
        Access::Read => &[("data", &["read"]), ("metadata", &["list", "read"])],
        Access::Write => &[
            ("data", &["create", "delete", "read", "update"]),
            ("metadata", &["create", "delete", "list", "read", "update"]),
            // Taking a version away and bringing it back have paths of their own.
            ("delete", &["update"]),
            ("undelete", &["update"]),
        ],
    };
    let mut lines = vec![owner(mount, namespace)];
    lines.extend(rules.iter().map(|(kind, capabilities)| rule(&format!("{mount}/{kind}/{namespace}/*"), capabilities)));
    // By this a source tells a KV mount of version 1 from an empty one.
    lines.push(rule(&format!("sys/internal/ui/mounts/{mount}"), &["read"]));
    lines.push(String::new());
    lines.join("\n")
}

fn rule(path: &str, capabilities: &[&str]) -> String {
    let quoted: Vec<String> = capabilities.iter().map(|capability| format!("\"{capability}\"")).collect();
    format!("path \"{path}\" {{ capabilities = [{}] }}", quoted.join(", "))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_reader_reads_and_lists_and_nothing_else() {
        assert_eq!(
            text("secret", "My-project", Access::Read),
            "# harmony-config team init: namespace My-project in secret\n\
             path \"secret/data/My-project/*\" { capabilities = [\"read\"] }\n\
             path \"secret/metadata/My-project/*\" { capabilities = [\"list\", \"read\"] }\n\
             path \"sys/internal/ui/mounts/secret\" { capabilities = [\"read\"] }\n"
        );
        assert_eq!(name("harmony", "My-project", Access::Read), "harmony-my-project-read");
    }

    #[test]
    fn a_writer_stays_within_the_namespace() {
        let text = text("team/kv", "a", Access::Write);
        for line in text.lines().skip(1).filter(|line| !line.contains("sys/internal")) {
            assert!(line.starts_with("path \"team/kv/") && line.contains("/a/*\""), "{line}");
            assert!(!line.contains("sudo") && !line.contains("destroy"), "{line}");
        }
    }
}
