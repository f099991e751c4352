//! The issuer is compared as text by three parties, so there is one text of it. The values make it, and everything else
//! has to say the same.

use serde_json::Value;

use crate::{DISTRIBUTIONS, Recipe};

/// What the values of Zitadel make.
struct Issuer {
    domain: String,
    port: u64,
    secure: bool,
    text: String,
}

fn text_at<'a>(value: &'a Value, pointer: &str) -> &'a str {
    value.pointer(pointer).and_then(Value::as_str).unwrap_or_default()
}

impl Recipe {
    fn issuer(&self, folder: &str) -> Issuer {
        let values = self.yaml(&format!("{folder}/zitadel.yaml"));
        let config = values.pointer("/zitadel/configmapConfig").unwrap_or(&Value::Null);
        let domain = text_at(config, "/ExternalDomain").to_owned();
        let port = config.pointer("/ExternalPort").and_then(Value::as_u64).unwrap_or_default();
        let secure = config.pointer("/ExternalSecure").and_then(Value::as_bool).unwrap_or(true);
        let text = match (secure, port) {
            (true, 443) => format!("https://{domain}"),
            (false, 80) => format!("http://{domain}"),
            (true, port) => format!("https://{domain}:{port}"),
            (false, port) => format!("http://{domain}:{port}"),
        };
        Issuer { domain, port, secure, text }
    }

    /// Where OpenBao answers, by its own values.
    fn store(&self, folder: &str) -> String {
        let values = self.yaml(&format!("{folder}/openbao.yaml"));
        let server = values.pointer("/server").unwrap_or(&Value::Null);
        match server.pointer("/route/enabled") {
            Some(Value::Bool(true)) => format!("https://{}", text_at(server, "/route/host")),
            _ => format!("http://{}", text_at(server, "/ingress/hosts/0/host")),
        }
    }

    /// Where Zitadel is told that there is TLS and there is none, or the other way round.
    #[must_use]
    pub fn wrong_tls(&self) -> Vec<String> {
        let mut faults = Vec::new();
        for folder in DISTRIBUTIONS {
            let path = format!("{folder}/zitadel.yaml");
            let values = self.yaml(&path);
            if !values.pointer("/zitadel/configmapConfig/ExternalSecure").is_some_and(Value::is_boolean) {
                faults.push(format!("{path}: ExternalSecure does not stand there, and the chart's own is true"));
            }
            let own = values.pointer("/zitadel/configmapConfig/TLS/Enabled") == Some(&Value::Bool(true));
            let secure = self.issuer(folder).secure;
            for place in ["/ingress", "/login/ingress"] {
                let entries = values.pointer(&format!("{place}/tls")).and_then(Value::as_array).map_or(0, Vec::len);
                if secure != (own || entries > 0) {
                    faults.push(format!(
                        "{path}: ExternalSecure is {secure}, and {place} has {entries} entries below tls"
                    ));
                }
            }
        }
        faults
    }

    /// Where another address stands than the one that the values make, be it by one character.
    #[must_use]
    pub fn other_addresses(&self) -> Vec<String> {
        let mut faults = Vec::new();
        let readme = self.text("README.md");
        let all = DISTRIBUTIONS.map(|folder| (self.issuer(folder), self.store(folder)));
        for (folder, (issuer, store)) in DISTRIBUTIONS.iter().zip(&all) {
            let path = format!("{folder}/harmony-config.toml");
            let manifest = self.toml(&path);
            let told = [("zitadel", "issuer", &issuer.text), ("openbao", "address", store)];
            for (source, setting, wanted) in told {
                let found = text_at(&manifest, &format!("/source/{source}/settings/{setting}"));
                if found != wanted {
                    faults.push(format!("{path}: {setting} is `{found}`, and the values make `{wanted}`"));
                }
            }
            for (name, wanted) in [("ISSUER", &issuer.text), ("OPENBAO_URL", store)] {
                if !assigned(readme, name).any(|found| found == wanted) {
                    faults.push(format!("README.md never says {name}={wanted}"));
                }
            }
        }
        for (name, wanted) in [("ISSUER", all.each_ref().map(|(issuer, _)| issuer.text.as_str())), {
            ("OPENBAO_URL", all.each_ref().map(|(_, store)| store.as_str()))
        }] {
            let others = assigned(readme, name).filter(|found| !wanted.contains(found));
            faults.extend(others.map(|found| format!("README.md says {name}={found}, which no values make")));
        }
        for (path, text) in &self.files {
            for (issuer, _) in &all {
                let found = addresses(text, &issuer.domain).into_iter();
                let others = found.filter(|found| {
                    let behind = found.strip_prefix(issuer.text.as_str());
                    !behind.is_some_and(|behind| behind.is_empty() || (behind.starts_with('/') && behind.len() > 1))
                });
                faults.extend(others.map(|found| format!("{path}: `{found}` is not `{}`", issuer.text)));
            }
        }
        for command in self.commands("harmony-config team init") {
            if !command.contains(r#"--oidc-discovery-url "$ISSUER" "#) {
                faults.push(format!("README.md: not with the issuer: {command}"));
            }
        }
        faults
    }

    /// Where the issuer's name leads somewhere else from inside the cluster than from the laptop.
    #[must_use]
    pub fn wrong_ways(&self) -> Vec<String> {
        let mut faults = Vec::new();
        let issuer = self.issuer("k3d");
        let dns = self.yaml("k3d/dns.yaml");
        let rules = text_at(&dns, "/data/team-stack.override");
        let ingress = "traefik.kube-system.svc.cluster.local";
        let escaped = |name: &str| format!(r"^{}\.$", name.replace('.', r"\."));
        for rule in [
            format!("name regex {} {ingress}", escaped(&issuer.domain)),
            format!("answer name {} {}", escaped(ingress), issuer.domain),
        ] {
            if !rules.lines().any(|line| line.trim() == rule) {
                faults.push(format!("k3d/dns.yaml has no `{rule}`"));
            }
        }
        let cluster = self.yaml("k3d/cluster.yaml");
        let wanted = format!("127.0.0.1:{0}:{0}", issuer.port);
        if text_at(&cluster, "/ports/0/port") != wanted {
            faults.push(format!("k3d/cluster.yaml: the first port has to be {wanted}"));
        }
        if !issuer.domain.ends_with(".localhost") {
            faults.push(format!("k3d: {} is not of this machine, and there is no TLS", issuer.domain));
        }
        faults
    }

    /// Where the administrator is told another name to sign in with than the one that Zitadel makes of the values.
    #[must_use]
    pub fn other_login_names(&self) -> Vec<String> {
        let mut faults = Vec::new();
        let mut real = Vec::new();
        for folder in DISTRIBUTIONS {
            let values = self.yaml(&format!("{folder}/zitadel.yaml"));
            let organisation = "/zitadel/configmapConfig/FirstInstance/Org";
            let user = text_at(&values, &format!("{organisation}/Human/UserName"));
            // Zitadel puts the organisation's own domain behind a name that is no address.
            let name = match user.contains('@') {
                true => user.to_owned(),
                false => {
                    let name = text_at(&values, &format!("{organisation}/Name")).to_lowercase().replace(' ', "-");
                    format!("{user}@{name}.{}", self.issuer(folder).domain)
                }
            };
            for path in ["README.md".to_owned(), format!("{folder}/zitadel.yaml")] {
                if !self.text(&path).contains(&name) {
                    faults.push(format!("{path} never says `{name}`"));
                }
            }
            real.push((user.to_owned(), name));
        }
        for (path, text) in &self.files {
            for word in text.split(|c: char| !(c.is_alphanumeric() || "@.-_".contains(c))) {
                let word = word.trim_end_matches('.');
                let meant = real.iter().any(|(user, _)| word.starts_with(&format!("{user}@")));
                if meant && !real.iter().any(|(_, name)| name == word) {
                    faults.push(format!("{path}: `{word}` is nobody's name"));
                }
            }
        }
        faults
    }
}

/// What a shell line gives this variable, and so does a cell of a table.
fn assigned<'a>(text: &'a str, name: &str) -> impl Iterator<Item = &'a str> {
    let pattern = format!("{name}=");
    let places: Vec<usize> = text.match_indices(&pattern).map(|(at, found)| at + found.len()).collect();
    places.into_iter().filter_map(|at| text.get(at..)?.split(|c: char| c.is_whitespace() || c == '`').next())
}

/// All addresses with this host, with what stands behind them up to the next blank or quote.
fn addresses(text: &str, host: &str) -> Vec<String> {
    let mut found = Vec::new();
    for (at, _) in text.match_indices("://") {
        let (before, behind) = text.split_at(at);
        let scheme: String = before.chars().rev().take_while(char::is_ascii_alphanumeric).collect();
        let rest = behind.trim_start_matches("://");
        let end = rest.find(|c: char| c.is_whitespace() || "\"'`<>()|,;".contains(c)).unwrap_or(rest.len());
        let rest = rest.split_at(end).0.trim_end_matches('.');
        if rest.split(['/', ':']).next() == Some(host) {
            found.push(format!("{}://{rest}", scheme.chars().rev().collect::<String>()));
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::addresses;

    #[test]
    fn an_address_ends_where_the_text_around_it_goes_on() {
        let text =
            "See `http://a.b/`, <http://a.b/x> and http://a.b. Not http://a.bc, not http://b; https://a.b:1/ is.";
        assert_eq!(addresses(text, "a.b"), ["http://a.b/", "http://a.b/x", "http://a.b", "https://a.b:1/"]);
    }
}
