//! Generates messages and services from `proto/`, and from the options of the contracts each event's topic, key and subject.

use std::error::Error;
use std::fmt::Write as _;
use std::path::{Path, PathBuf};

use prost::Message as _;
use prost_reflect::{
    DescriptorPool, DynamicMessage, ExtensionDescriptor, FieldDescriptor, FileDescriptor,
    MessageDescriptor, Value,
};

fn main() -> Result<(), Box<dyn Error>> {
    let root = Path::new("../../proto");
    println!("cargo:rerun-if-changed={}", root.display());
    let mut files = Vec::new();
    collect(root, &mut files)?;
    files.sort();

    let mut compiler = protox::Compiler::new([root])?;
    compiler.include_imports(true).open_files(&files)?;
    let pool = compiler.descriptor_pool();

    let out = PathBuf::from(std::env::var_os("OUT_DIR").ok_or("cargo sets OUT_DIR")?);
    std::fs::write(out.join("descriptors.binpb"), pool.encode_to_vec())?;
    std::fs::write(out.join("events.rs"), events(&pool)?)?;
    let set = prost_types(&compiler)?;
    tonic_prost_build::configure().include_file("packages.rs").compile_fds(set)?;
    Ok(())
}

/// All `.proto` files below a folder.
fn collect(folder: &Path, files: &mut Vec<PathBuf>) -> std::io::Result<()> {
    for entry in std::fs::read_dir(folder)? {
        let path = entry?.path();
        if path.is_dir() {
            collect(&path, files)?;
        } else if path.extension().is_some_and(|extension| extension == "proto") {
            files.push(path);
        }
    }
    Ok(())
}

/// The descriptors without the options that prost does not know.
fn prost_types(
    compiler: &protox::Compiler,
) -> Result<prost_reflect::prost_types::FileDescriptorSet, Box<dyn Error>> {
    Ok(prost_reflect::prost_types::FileDescriptorSet::decode(
        compiler.file_descriptor_set().encode_to_vec().as_slice(),
    )?)
}

/// The options that contracts may carry.
struct Options {
    topic: ExtensionDescriptor,
    key: ExtensionDescriptor,
    subject: ExtensionDescriptor,
    personal: ExtensionDescriptor,
}

impl Options {
    fn of(pool: &DescriptorPool) -> Result<Self, Box<dyn Error>> {
        let find = |name: &str| {
            pool.get_extension_by_name(&format!("flotilla.options.v1.{name}"))
                .ok_or_else(|| format!("options.proto does not define {name}"))
        };
        Ok(Self {
            topic: find("topic")?,
            key: find("key")?,
            subject: find("subject")?,
            personal: find("personal")?,
        })
    }

    fn flag(&self, field: &FieldDescriptor, option: &ExtensionDescriptor) -> bool {
        field.options().get_extension(option).as_bool() == Some(true)
    }

    /// The field of a message that carries the option.
    fn field(&self, message: &MessageDescriptor, option: &ExtensionDescriptor) -> Option<String> {
        message.fields().find(|field| self.flag(field, option)).map(|field| field.name().to_owned())
    }

    /// The path of a personal field, at any depth.
    fn personal_field(&self, message: &MessageDescriptor) -> Option<String> {
        message.fields().find_map(|field| {
            if self.flag(&field, &self.personal) {
                return Some(field.name().to_owned());
            }
            let inner = field.kind();
            let inner = inner.as_message().and_then(|message| self.personal_field(message));
            inner.map(|path| format!("{}.{path}", field.name()))
        })
    }
}

/// Rust code for every topic: its constant, its enum of events, and what ties them to `messaging`.
fn events(pool: &DescriptorPool) -> Result<String, Box<dyn Error>> {
    let options = Options::of(pool)?;
    let mut topics = String::new();
    let mut code = String::new();
    for file in pool.files() {
        let value = file.options();
        if !value.has_extension(&options.topic) {
            continue;
        }
        let topic = value.get_extension(&options.topic);
        let topic = topic.as_message().ok_or("topic is a message")?;
        let name = text(topic, "name")?;
        let lasting = match topic.get_field_by_name("retention").as_deref() {
            Some(Value::EnumNumber(1)) => true,
            Some(Value::EnumNumber(2)) => false,
            _ => return Err(format!("{name}: retention is missing").into()),
        };
        writeln!(topics, "    Topic {{ name: {name:?}, lasting: {lasting} }},")?;
        topic_code(&mut code, &file, &name, lasting, &options)?;
    }
    Ok(format!(
        "/// Every topic that a contract names, by name.\npub const TOPICS: &[Topic] = &[\n{topics}];\n{code}"
    ))
}

fn text(message: &DynamicMessage, field: &str) -> Result<String, Box<dyn Error>> {
    let value = message.get_field_by_name(field).ok_or("no such field")?;
    Ok(value.as_str().ok_or("not a text")?.to_owned())
}

fn topic_code(
    code: &mut String,
    file: &FileDescriptor,
    topic: &str,
    lasting: bool,
    options: &Options,
) -> Result<(), Box<dyn Error>> {
    let service = file.package_name().split('.').nth(1).ok_or("package flotilla.<service>.v1")?;
    let stem = Path::new(file.name()).file_stem().and_then(|stem| stem.to_str()).ok_or("stem")?;
    let set = pascal(stem.strip_suffix('s').ok_or("a file of events is named …_events.proto")?);
    let (mut variants, mut arms, mut impls) = (String::new(), String::new(), String::new());
    for message in file.messages() {
        let Some(key) = options.field(&message, &options.key) else { continue };
        let subject = options.field(&message, &options.subject).unwrap_or_else(|| key.clone());
        if let (true, Some(path)) = (lasting, options.personal_field(&message)) {
            return Err(format!("{}: {path} is personal, {topic} lasts", message.name()).into());
        }
        let (name, full) = (message.name(), message.full_name());
        let path = format!("crate::{service}::{name}");
        writeln!(variants, "    /// See [`{path}`].\n    {name}({path}),")?;
        writeln!(arms, "{full:?} => Self::{name}(crate::decode({full:?}, payload)?),")?;
        writeln!(
            impls,
            "impl ::messaging::Event for {path} {{
                const TYPE: &'static str = {full:?};
                const TOPIC: &'static str = {topic:?};
                fn key(&self) -> &str {{ &self.{key} }}
                fn subject(&self) -> &str {{ &self.{subject} }}
                fn encode(&self) -> Vec<u8> {{ ::prost::Message::encode_to_vec(self) }}
            }}
            impl From<{path}> for {set} {{
                fn from(event: {path}) -> Self {{ Self::{name}(event) }}
            }}"
        )?;
    }
    writeln!(
        code,
        "/// What happens on `{topic}`.
        #[derive(Clone, Debug, PartialEq)]
        #[allow(clippy::large_enum_variant, missing_docs, reason = \"generated\")]
        pub enum {set} {{\n{variants}}}
        impl ::messaging::EventSet for {set} {{
            const TOPIC: &'static str = {topic:?};
            fn decode(event_type: &str, payload: &[u8]) -> Result<Option<Self>, ::messaging::DecodeError> {{
                Ok(Some(match event_type {{ {arms} _ => return Ok(None) }}))
            }}
        }}\n{impls}"
    )?;
    Ok(())
}

/// `order_event` becomes `OrderEvent`.
fn pascal(snake: &str) -> String {
    snake
        .split('_')
        .filter_map(|word| {
            let (first, rest) = word.split_at_checked(1)?;
            Some(first.to_ascii_uppercase() + rest)
        })
        .collect()
}
