//! The manual: a page for the command and for each of its commands.

use crate::{documented::commands, world::World};

#[test]
fn every_command_has_a_page_with_its_examples() {
    let world = World::new();
    let done = world.run(["man", "pages"]).done();
    assert_eq!(done.code, 0, "{done:?}");
    assert!(done.stderr.contains("pages into") && done.stderr.contains("next:"), "{done:?}");
    for command in commands() {
        let page = world.project().join(format!("pages/harmony-config-{command}.1"));
        let text = std::fs::read_to_string(&page).unwrap_or_else(|error| panic!("{}: {error}", page.display()));
        assert!(text.contains(".TH") && text.contains("Example"), "{command}: {text}");
    }
    assert!(world.project().join("pages/harmony-config.1").is_file());
}

#[test]
fn the_page_of_the_whole_command_is_printed() {
    let page = World::new().ok(["man"]);
    assert!(page.contains(".TH harmony-config 1") && page.contains("Exit codes"), "{page}");
}
