//! Tuples of configuration types, for `ensure`.

use crate::{
    Config, ConfigError,
    chain::ask::{Answered, Wanted},
};

use super::{ConfigManager, typed};

/// Several configuration types at once: a tuple of up to eight, for [`ConfigManager::ensure`]. Not to be implemented
/// elsewhere.
pub trait ConfigSet: sealed::Set {}

impl<S: sealed::Set> ConfigSet for S {}

pub(crate) mod sealed {
    use super::{Answered, ConfigError, ConfigManager, Wanted};

    /// How a set is asked for and put together.
    #[allow(unnameable_types, reason = "sealed: the public trait is only a name for it")]
    pub trait Set: Sized {
        #[doc(hidden)]
        #[allow(private_interfaces, reason = "sealed")]
        fn wanted(manager: &ConfigManager) -> Result<Vec<Wanted>, ConfigError>;

        #[doc(hidden)]
        #[allow(private_interfaces, reason = "sealed")]
        fn from_answers(wanted: &[Wanted], answers: Vec<Result<Answered, ConfigError>>) -> Result<Self, ConfigError>;
    }
}

fn next<T: Config>(
    wanted: &mut std::slice::Iter<'_, Wanted>,
    answers: &mut std::vec::IntoIter<Result<Answered, ConfigError>>,
) -> Result<T, ConfigError> {
    match (wanted.next(), answers.next()) {
        (Some(wanted), Some(answer)) => typed::<T>(wanted, &answer?).map(crate::Resolved::into_inner),
        _ => Err(ConfigError::other("no answer")),
    }
}

macro_rules! tuples {
    ($(($($name:ident),+))+) => {$(
        impl<$($name: Config),+> sealed::Set for ($($name,)+) {
            #[allow(private_interfaces, reason = "sealed")]
            fn wanted(manager: &ConfigManager) -> Result<Vec<Wanted>, ConfigError> {
                Ok(vec![$(manager.wanted::<$name>(None)?),+])
            }

            #[allow(private_interfaces, reason = "sealed")]
            fn from_answers(
                wanted: &[Wanted],
                answers: Vec<Result<Answered, ConfigError>>,
            ) -> Result<Self, ConfigError> {
                let mut wanted = wanted.iter();
                let mut answers = answers.into_iter();
                Ok(($(next::<$name>(&mut wanted, &mut answers)?,)+))
            }
        }
    )+};
}

tuples! {
    (A)
    (A, B)
    (A, B, C)
    (A, B, C, D)
    (A, B, C, D, E)
    (A, B, C, D, E, F)
    (A, B, C, D, E, F, G)
    (A, B, C, D, E, F, G, H)
}
