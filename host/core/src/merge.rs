//! How the fields of several sources become one value: what stands higher wins, objects by field, everything else as
//! a whole.

use serde_json::Value;

use crate::schema;

/// Fills what `upper` lacks from `lower`. Lists, null and the alternatives of an enum are never mixed.
pub(crate) fn fill(upper: &mut Value, lower: &Value, schema: Option<&Value>) {
    fill_at(upper, lower, schema.map(|root| (root, root)));
}

fn fill_at(upper: &mut Value, lower: &Value, schema: Option<(&Value, &Value)>) {
    let (Value::Object(upper), Value::Object(lower)) = (upper, lower) else { return };
    if schema.is_some_and(|(root, schema)| schema::is_alternative(root, schema)) {
        return;
    }
    for (name, below) in lower {
        match upper.get_mut(name) {
            None => {
                upper.insert(name.clone(), below.clone());
            }
            Some(above) => {
                let inner = schema.and_then(|(root, schema)| {
                    let field = schema::properties(root, schema)?.get(name)?;
                    Some((root, field))
                });
                fill_at(above, below, inner);
            }
        }
    }
}

/// Whether `upper` has every field that `lower` has, so that `lower` could add nothing. Null is nothing to add.
pub(crate) fn covers(upper: &Value, lower: &Value) -> bool {
    match (upper, lower) {
        (_, Value::Null) => true,
        (Value::Object(upper), Value::Object(lower)) => lower
            .iter()
            .all(|(name, below)| below.is_null() || upper.get(name).is_some_and(|above| covers(above, below))),
        _ => true,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use serde_json::json;

    #[test]
    fn objects_merge_by_field_and_everything_else_is_replaced() {
        let mut upper = json!({ "a": { "x": 1 }, "list": [1], "none": null });
        fill(&mut upper, &json!({ "a": { "x": 9, "y": 2 }, "list": [2, 3], "none": { "z": 1 }, "b": 3 }), None);
        assert_eq!(upper, json!({ "a": { "x": 1, "y": 2 }, "list": [1], "none": null, "b": 3 }));
    }

    #[test]
    fn alternatives_of_an_enum_are_never_mixed() {
        let schema = json!({ "properties": { "auth": { "oneOf": [{ "type": "object" }, { "type": "object" }] } } });
        let mut upper = json!({ "auth": { "Token": {} } });
        fill(&mut upper, &json!({ "auth": { "Password": {} } }), Some(&schema));
        assert_eq!(upper, json!({ "auth": { "Token": {} } }));
    }

    fn any_json() -> impl Strategy<Value = Value> {
        let leaf = prop_oneof![
            Just(Value::Null),
            any::<bool>().prop_map(Value::from),
            any::<i32>().prop_map(Value::from),
            "[a-c]{0,3}".prop_map(Value::from),
        ];
        leaf.prop_recursive(3, 24, 4, |inner| {
            prop_oneof![
                prop::collection::vec(inner.clone(), 0..3).prop_map(Value::from),
                prop::collection::btree_map("[a-c]", inner, 0..4)
                    .prop_map(|map| Value::Object(map.into_iter().collect())),
            ]
        })
    }

    #[test]
    fn what_covers_another_value_gains_nothing_from_it() {
        let upper = json!({ "a": { "x": 1 }, "list": [1] });
        assert!(covers(&upper, &json!({ "a": { "x": 9 }, "list": [2, 3], "b": null })));
        assert!(!covers(&upper, &json!({ "a": { "y": 1 } })));
        assert!(!covers(&upper, &json!({ "b": 1 })));
    }

    proptest! {
        #[test]
        fn merging_with_itself_changes_nothing(value in any_json()) {
            let mut merged = value.clone();
            fill(&mut merged, &value, None);
            prop_assert_eq!(merged, value);
        }

        #[test]
        fn nothing_that_stands_higher_is_changed(upper in any_json(), lower in any_json()) {
            let mut merged = upper.clone();
            fill(&mut merged, &lower, None);
            prop_assert!(kept(&upper, &merged));
        }
    }

    fn kept(upper: &Value, merged: &Value) -> bool {
        match (upper, merged) {
            (Value::Object(upper), Value::Object(merged)) => {
                upper.iter().all(|(name, value)| merged.get(name).is_some_and(|other| kept(value, other)))
            }
            (upper, merged) => upper == merged,
        }
    }
}
