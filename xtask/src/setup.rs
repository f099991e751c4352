//! `cargo xtask setup`: what a fresh clone needs before `cargo build`.

use crate::{
    failure::Failure,
    guests::{self, Set},
    root,
    step::{Steps, say},
};

pub(crate) fn run(arguments: &[String]) -> Result<(), Failure> {
    if let Some(unknown) = arguments.first() {
        return Err(Failure::new(format!("`setup` takes no argument, and got `{unknown}`")));
    }
    let mut steps = Steps::new(2, root().join("target/xtask"));
    guests::bring_up_to_date(&mut steps, &[Set::bundled()], false)?;
    say("Ready: `cargo build` works now.");
    Ok(())
}
