//! What a recipe pins stands in `versions.env`. The README's table and the manifests that cannot read it say the same.

use std::collections::BTreeMap;

use serde_json::Value;

use crate::Recipe;

impl Recipe {
    fn pinned(&self) -> BTreeMap<&str, &str> {
        let lines = self.text("versions.env").lines().filter(|line| !line.starts_with('#'));
        lines.filter_map(|line| line.split_once('=')).collect()
    }

    /// Versions that differ between files, and charts or images of no certain version.
    #[must_use]
    pub fn other_versions(&self) -> Vec<String> {
        let mut faults = Vec::new();
        let (pinned, readme) = (self.pinned(), self.text("README.md"));
        for (name, version) in &pinned {
            if let Some(part) = name.strip_suffix("_CHART") {
                let brings = pinned.get(format!("{part}_VERSION").as_str()).copied().unwrap_or_default();
                if !readme.lines().any(|line| line.ends_with(&format!("| {version} | {brings} |"))) {
                    faults.push(format!("README.md has no row of {part} with {version} and {brings}"));
                }
                if !self.commands("helm upgrade --install").iter().any(|line| line.contains(&pin(name))) {
                    faults.push(format!("no chart is installed with {name}"));
                }
            }
            let tag = version.rsplit_once(':').map_or(*version, |(_, tag)| tag);
            if !tag.trim_start_matches('v').starts_with(|c: char| c.is_ascii_digit()) || tag.split('.').count() < 2 {
                faults.push(format!("versions.env: {name} is no certain version: {version}"));
            }
        }
        for command in self.commands("helm upgrade --install") {
            if !pinned.keys().any(|name| name.ends_with("_CHART") && command.contains(&pin(name))) {
                faults.push(format!("a chart of no certain version: {command}"));
            }
        }
        let images =
            [("K3S_IMAGE", "k3d/cluster.yaml", "/image"), ("POSTGRESQL_IMAGE", "postgres.yaml", "/spec/imageName")];
        for (name, path, pointer) in images {
            let wanted = pinned.get(name).copied().unwrap_or_default();
            let values = self.yaml(path);
            let found = values.pointer(pointer).and_then(Value::as_str).unwrap_or_default();
            if found != wanted {
                faults.push(format!("{path} has `{found}`, and versions.env `{wanted}`"));
            }
            if !readme.contains(&format!("`{wanted}`")) {
                faults.push(format!("README.md does not say `{wanted}`"));
            }
        }
        faults
    }
}

fn pin(name: &str) -> String {
    format!("--version \"${name}\" ")
}
