//! Every part of an envelope, changed; every part of a place, another one.

use proptest::prelude::*;

use super::*;

fn at(namespace: &str, key: &str, instance: Option<&str>) -> Coordinate {
    Coordinate::new(namespace, key, instance).unwrap()
}

fn here(at: &Coordinate) -> Place<'_> {
    Place { app: "harmony", source: "sqlite", at }
}

#[test]
fn what_was_sealed_opens_and_shows_nothing_before() {
    let (key, at) = (Key::generate().unwrap(), at("harmony", "Auth", None));
    let value = json!({ "password": "kanarienvogel", "port": 1 });
    let sealed = seal(&key, here(&at), &value).unwrap();
    assert!(!sealed.to_string().contains("kanarienvogel") && !sealed.to_string().contains("password"), "{sealed}");
    assert_eq!(open(&key, here(&at), &sealed), Ok(value.clone()));
    let again = seal(&key, here(&at), &value).unwrap();
    assert_ne!(sealed["value"], again["value"], "the same value sealed twice looks the same");
}

#[test]
fn a_value_opens_in_its_own_place_alone() {
    let key = Key::generate().unwrap();
    let own = at("harmony", "Auth", Some("fw-a"));
    let mut sealed = seal(&key, here(&own), &json!("secret")).unwrap();
    for (namespace, name, instance) in [
        ("other", "Auth", Some("fw-a")),
        ("harmony", "Auth2", Some("fw-a")),
        ("harmony", "Auth", Some("fw-b")),
        ("harmony", "Auth", None),
        ("Auth", "harmony", Some("fw-a")),
    ] {
        let elsewhere = at(namespace, name, instance);
        assert_eq!(open(&key, here(&elsewhere), &sealed), Err(Unsealable::Refused), "{elsewhere:?}");
    }
    let other_app = Place { app: "other", ..here(&own) };
    let other_source = Place { source: "files", ..here(&own) };
    assert_eq!(open(&key, other_app, &sealed), Err(Unsealable::Elsewhere("for the app `harmony`".to_owned())));
    let words = "by a source of the name `sqlite`".to_owned();
    assert_eq!(open(&key, other_source, &sealed), Err(Unsealable::Elsewhere(words)));
    // What the envelope says of itself is for people: changing it opens nothing.
    sealed[envelope::MARK]["sealed"]["app"] = json!("other");
    assert_eq!(open(&key, other_app, &sealed), Err(Unsealable::Refused));
    sealed[envelope::MARK]["sealed"] = json!({ "key": key.id().as_str(), "nonce": sealed[envelope::MARK]["sealed"]["nonce"], "app": "harmony", "source": "files" });
    assert_eq!(open(&key, other_source, &sealed), Err(Unsealable::Refused));
}

#[test]
fn another_key_opens_nothing() {
    let (key, other, at) = (Key::generate().unwrap(), Key::generate().unwrap(), at("harmony", "Auth", None));
    let mut sealed = seal(&key, here(&at), &json!("secret")).unwrap();
    assert_eq!(open(&other, here(&at), &sealed), Err(Unsealable::Refused));
    sealed[envelope::MARK]["sealed"]["key"] = json!(other.id().as_str());
    assert_eq!(open(&key, here(&at), &sealed), Err(Unsealable::Refused), "the key's id is bound");
}

#[test]
fn an_envelope_that_is_not_whole_says_what_it_lacks() {
    let (key, at) = (Key::generate().unwrap(), at("harmony", "Auth", None));
    let sealed = seal(&key, here(&at), &json!("secret")).unwrap();
    type Change = fn(&mut Value);
    let changes: [(Change, &str); 6] = [
        (|value| value[envelope::MARK]["version"] = json!(2), "newer version"),
        (|value| value[envelope::MARK]["sealed"]["key"] = json!("../../key"), "name its key"),
        (|value| value[envelope::MARK]["sealed"] = json!(true), "name its key"),
        (|value| value[envelope::MARK]["sealed"]["nonce"] = json!("AAAA"), "no nonce"),
        (|value| value["value"] = json!("*"), "not Base64"),
        (|value| value["value"] = json!(["AAAA"]), "not Base64"),
    ];
    for (change, words) in changes {
        let mut changed = sealed.clone();
        change(&mut changed);
        match open(&key, here(&at), &changed) {
            Err(Unsealable::Malformed(said)) => assert!(said.contains(words), "{said}"),
            other => panic!("{words}: {other:?}"),
        }
    }
    assert!(head(&json!({ "password": "plain" })).is_none());
    assert!(head(&json!({ envelope::MARK: { "version": 1, "partial": true }, "value": {} })).is_none());
}

#[test]
fn a_key_is_known_by_its_digest_and_never_shown() {
    let key = Key::generate().unwrap();
    let same = Key::from_bytes(key.bytes()).unwrap();
    assert_eq!(key.id(), same.id());
    assert_eq!(KeyId::parse(key.id().as_str()).as_ref(), Some(key.id()));
    assert!(Key::from_bytes(&key.bytes()[1..]).is_none());
    let hex: String = key.bytes().iter().map(|byte| format!("{byte:02x}")).collect();
    let shown = format!("{key:?}");
    assert!(!shown.contains(&hex) && !hex.contains(key.id().as_str()) && shown.len() < 24, "{shown}");
    for wrong in ["", "0123456789abcde", "0123456789ABCDEF", "../3456789abcdef", "0123456789abcdefg"] {
        assert!(KeyId::parse(wrong).is_none(), "{wrong}");
    }
}

proptest! {
    /// One bit of the ciphertext or the nonce, or an end that is missing: it does not open, and nothing of it is told.
    #[test]
    fn a_value_that_was_changed_does_not_open(text in ".{0,80}", bit in 0_usize..4_000, cut in 1_usize..60) {
        let (key, at) = (Key::generate().unwrap(), at("harmony", "Auth", None));
        let sealed = seal(&key, here(&at), &json!(text)).unwrap();
        for (pointer, decoded) in [("/value", true), ("/$harmony-config/sealed/nonce", true), ("/value", false)] {
            let mut changed = sealed.clone();
            let field = changed.pointer_mut(pointer).unwrap();
            let mut bytes = BASE64.decode(field.as_str().unwrap()).unwrap();
            if decoded {
                let bit = bit % (bytes.len() * 8);
                bytes[bit / 8] ^= 1 << (bit % 8);
            } else {
                bytes.truncate(bytes.len().saturating_sub(cut));
            }
            *field = json!(BASE64.encode(bytes));
            prop_assert_eq!(open(&key, here(&at), &changed), Err(Unsealable::Refused));
        }
        prop_assert_eq!(open(&key, here(&at), &sealed), Ok(json!(text)));
    }
}
