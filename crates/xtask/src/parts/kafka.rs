//! Apache Kafka, one broker that is its own controller, fetched once through Maven.
use std::ffi::OsString;
use std::fs;
use std::path::Path;
use std::process::Command;

use anyhow::{Context, Result, ensure};

use crate::account::Account;
use crate::command;
use crate::instance::Instance;
use crate::parts::maven;
use crate::probe::Readiness;
use crate::program::{Program, Stage};

/// The name of the broker in logs and records.
pub(crate) const NAME: &str = "kafka";

/// 4.4.0 is published only in part.
const VERSION: &str = "4.3.1";
const POM: &str = include_str!("../../templates/kafka/pom.xml");
const PROPERTIES: &str = include_str!("../../templates/kafka/server.properties");
const LOGGING: &str = include_str!("../../templates/kafka/log4j2.properties");
/// The quick compiler only: a broker for one developer starts in half the time and stays small.
const JVM: [&str; 4] = ["-Xmx256m", "-Xms64m", "-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1"];

/// Fetches Kafka and formats its storage where that was not done yet, and says how to run it.
///
/// # Errors
/// When Java or Maven are missing, or the storage cannot be formatted.
pub(crate) fn prepare(instance: &Instance) -> Result<Program> {
    let home = instance.data.join("kafka");
    let libs = fetch(instance)?;
    instance.account.make_folder(&home, 0o750)?;
    let properties = home.join("server.properties");
    let logging = home.join("log4j2.properties");
    write_for(&instance.account, &properties, &server_properties(instance, &home))?;
    write_for(&instance.account, &logging, LOGGING)?;
    let classes = format!("{}/*", libs.display());
    if !home.join("storage/meta.properties").is_file() {
        format_storage(instance, &classes, &properties)?;
    }
    let port = instance.ports.kafka();
    let mut arguments: Vec<OsString> = JVM.map(OsString::from).to_vec();
    arguments.push(format!("-Dlog4j2.configurationFile={}", logging.display()).into());
    arguments.extend(["-cp".into(), classes.into(), "kafka.Kafka".into(), properties.into()]);
    Ok(Program {
        name: NAME.to_owned(),
        stage: Stage::Broker,
        executable: "java".into(),
        arguments,
        environment: Vec::new(),
        account: instance.account.clone(),
        log: instance.log(NAME),
        folder: home,
        ready: Readiness::Kafka(port),
    })
}

/// The folder of Kafka's jars, fetched the first time.
fn fetch(instance: &Instance) -> Result<std::path::PathBuf> {
    let folder = instance.parts.join(format!("kafka-{VERSION}"));
    if !folder.is_dir() {
        let fresh = folder.with_extension("new");
        drop(fs::remove_dir_all(&fresh));
        fs::create_dir_all(&fresh)?;
        fs::write(fresh.join("pom.xml"), POM.replace("@VERSION@", VERSION))?;
        maven::copy_dependencies(
            &fresh.join("pom.xml"),
            &fresh.join("libs"),
            &instance.log("maven"),
        )?;
        fs::rename(&fresh, &folder).context("placing Kafka")?;
    }
    Ok(folder.join("libs"))
}

fn server_properties(instance: &Instance, home: &Path) -> String {
    PROPERTIES
        .replace("@PORT@", &instance.ports.kafka().to_string())
        .replace("@CONTROLLER_PORT@", &instance.ports.kafka_controller().to_string())
        .replace("@STORAGE@", &home.join("storage").display().to_string())
}

fn format_storage(instance: &Instance, classes: &str, properties: &Path) -> Result<()> {
    let tool = |words: &[&str]| {
        let mut java = Command::new("java");
        java.args(JVM).args(["-cp", classes, "kafka.tools.StorageTool"]).args(words);
        java.current_dir(&instance.data);
        instance.account.apply(&mut java);
        java
    };
    let id = command::capture(&mut tool(&["random-uuid"]))?;
    let id = id.lines().last().unwrap_or_default().trim().to_owned();
    ensure!(id.len() == 22, "Kafka's storage tool made no cluster id");
    let path = properties.to_string_lossy();
    let mut format = tool(&["format", "-t", &id, "-c", &path]);
    command::run_logged(&mut format, &instance.log(NAME)).context("formatting Kafka's storage")
}

fn write_for(account: &Account, path: &Path, text: &str) -> Result<()> {
    fs::write(path, text).with_context(|| format!("writing {}", path.display()))?;
    account.give(path)
}
