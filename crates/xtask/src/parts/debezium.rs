//! Debezium, which `./dev bench events` measures beside the relay: fetched and compiled with Maven.
use anyhow::Result;

use crate::instance::Instance;
use crate::parts::maven;

/// Builds `tests/debezium`; its class path.
///
/// # Errors
/// When Java or Maven are missing, or Maven cannot fetch.
pub(crate) fn build(instance: &Instance) -> Result<String> {
    let pom = instance.root.join("tests/debezium/pom.xml");
    // Where the pom has its classes go.
    let target = instance.root.join("target/debezium");
    let libs = target.join("libs");
    maven::compile(&pom, &libs, &instance.log("maven"))?;
    Ok(format!("{}:{}/*", target.join("classes").display(), libs.display()))
}
