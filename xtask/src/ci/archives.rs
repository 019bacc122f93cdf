//! What would be published builds from its own archive.
//!
//! The archives are unpacked beside each other and built as a workspace in which each stands for
//! the release of its name. Cargo can verify archives by itself, but it keeps what it unpacked
//! by name and version, and so builds on yesterday's archive of a crate that has changed since.

use std::fmt::Write;
use std::fs;
use std::path::Path;
use std::process::Command;

use super::Ci;
use crate::Result;
use crate::tally::Tally;
use crate::workspace::Package;

/// Packs every published package, and builds each from what was packed.
pub(super) fn package(ci: &Ci<'_>, tally: &mut Tally) -> Result<()> {
    let published = ci.published(tally);
    // A tree with changes that are not committed is checked as well as a clean one.
    let mut pack = ci
        .workspace
        .cargo(["package", "--allow-dirty", "--no-verify", "--quiet"]);
    for package in &published {
        pack.args(["--package", &package.name]);
    }
    ci.check(tally, "package", pack)?;
    let folder = ci.workspace.target.join("xtask").join("archives");
    if folder.exists() {
        fs::remove_dir_all(&folder)?;
    }
    fs::create_dir_all(&folder)?;
    for package in &published {
        unpack(ci, package, &folder)?;
    }
    fs::write(folder.join("Cargo.toml"), manifest(&published)?)?;
    // The same versions of everybody else's crates, which are then built already.
    fs::copy(
        ci.workspace.root.join("Cargo.lock"),
        folder.join("Cargo.lock"),
    )?;
    for package in &published {
        let mut cargo = Command::new("cargo");
        cargo.args([
            "check",
            "--quiet",
            "--all-features",
            "--package",
            &package.name,
        ]);
        cargo
            .current_dir(&folder)
            .env("CARGO_TARGET_DIR", &ci.workspace.target);
        ci.check(
            tally,
            &format!("package {} from its archive", package.name),
            cargo,
        )?;
    }
    Ok(())
}

/// Unpacks with the time of now: in the archive all files are of the same old day, and cargo
/// would take them for what it has built already.
fn unpack(ci: &Ci<'_>, package: &Package, folder: &Path) -> Result<()> {
    let archive = format!("{}.crate", stem(package));
    let archive = ci.workspace.target.join("package").join(archive);
    let status = Command::new("tar")
        .arg("-xzmf")
        .arg(&archive)
        .arg("-C")
        .arg(folder)
        .status()?;
    if !status.success() {
        return Err(format!("could not unpack {}: {status}", archive.display()).into());
    }
    Ok(())
}

/// A workspace of the unpacked archives.
fn manifest(published: &[&Package]) -> Result<String> {
    let mut manifest = "[workspace]\nresolver = \"3\"\nmembers = [".to_owned();
    for package in published {
        write!(manifest, "\"{}\", ", stem(package))?;
    }
    manifest.push_str("]\n\n[patch.crates-io]\n");
    for package in published {
        writeln!(
            manifest,
            "{} = {{ path = \"{}\" }}",
            package.name,
            stem(package)
        )?;
    }
    Ok(manifest)
}

fn stem(package: &Package) -> String {
    format!("{}-{}", package.name, package.version)
}
