//! A file that is ready to go live: everything that can fail early has been done.

use std::{
    ffi::OsStr,
    fs::{self, DirBuilder, File},
    io::{self, Read, Seek, Write},
    os::unix::fs::{DirBuilderExt, MetadataExt, PermissionsExt, fchown},
    path::{Path, PathBuf},
};

use super::{
    Effect, Note, Target, WriteError, in_place,
    place::{Existing, Place},
    target::Owner,
    temporary::{self, Temporary},
};

/// consul-template's default for a new file.
const NEW_MODE: u32 = 0o644;
const NEW_FOLDER_MODE: u32 = 0o755;

/// One file of a change, staged by [`super::Files::stage`]. Dropped, it leaves no trace.
#[derive(Debug)]
pub struct Staged {
    /// The destination as configured.
    pub(super) destination: PathBuf,
    pub(super) place: Place,
    pub(super) effect: Effect,
    pub(super) work: Work,
    pub(super) backup: bool,
    pub(super) notes: Vec<Note>,
}

#[derive(Debug)]
pub(super) enum Work {
    Nothing,
    /// The bytes are right, the mode or the owner is not.
    Repair {
        mode: Option<u32>,
        owner: Owner,
    },
    Rename(Temporary),
    /// The destination is a mount point; `staged` is there for checks only, and only where there is room for it.
    InPlace {
        bytes: Vec<u8>,
        mode: Option<u32>,
        owner: Owner,
        staged: Option<Temporary>,
    },
}

impl Staged {
    /// The destination as configured.
    pub fn destination(&self) -> &Path {
        &self.destination
    }

    /// A file with the new contents, for a check command; the destination itself when its bytes are right already.
    /// `None` when there is no room for one: the destination is a mount point, and neither its folder nor the folder
    /// for temporary files can be written.
    pub fn path(&self) -> Option<&Path> {
        match &self.work {
            Work::Nothing | Work::Repair { .. } => Some(&self.place.path),
            Work::Rename(temporary) => Some(&temporary.path),
            Work::InPlace { staged, .. } => staged.as_ref().map(|temporary| temporary.path.as_path()),
        }
    }

    /// What [`super::Files::commit`] will do.
    pub fn effect(&self) -> &Effect {
        &self.effect
    }

    pub(super) fn make(target: &Target, place: Place, bytes: &[u8]) -> Result<Self, WriteError> {
        let owner = target.owner()?;
        let effect = Effect::of(&place, target, owner, bytes)?;
        let mut notes = Vec::new();
        let work = match &effect {
            Effect::Unchanged => Work::Nothing,
            Effect::Repaired { .. } => Work::Repair { mode: target.perms, owner },
            Effect::Created | Effect::Replaced if place.is_mount => {
                in_place_work(target, owner, &place, bytes)
            }
            Effect::Created | Effect::Replaced => {
                make_folder(target, &place)?;
                Work::Rename(stage_beside(target, owner, &place, bytes, &mut notes)?)
            }
        };
        Ok(Self { destination: target.path.clone(), place, effect, work, backup: target.backup, notes })
    }

    /// The file that will be renamed to the destination, if that is what will be done.
    pub(super) fn successor(&mut self) -> Option<&mut Temporary> {
        match &mut self.work {
            Work::Rename(temporary) => Some(temporary),
            Work::Nothing | Work::Repair { .. } | Work::InPlace { .. } => None,
        }
    }

    /// Gives its descriptor back. What will be renamed must be on the disk by now, or it is opened again for that.
    pub(super) fn close(&mut self) {
        match &mut self.work {
            Work::Rename(temporary) | Work::InPlace { staged: Some(temporary), .. } => temporary.close(),
            Work::Nothing | Work::Repair { .. } | Work::InPlace { staged: None, .. } => {}
        }
    }

    /// Goes live. What is renamed must be on the disk by now.
    pub(super) fn apply(&mut self) -> Result<(), WriteError> {
        let path = self.place.path.clone();
        if self.backup && self.effect.changes_contents() && self.place.existing.is_some() {
            self.make_backup();
        }
        match &mut self.work {
            Work::Nothing => Ok(()),
            Work::Repair { mode, owner } => repair(&path, *mode, *owner),
            Work::Rename(temporary) => match temporary.rename(&path) {
                Err(error) if error.raw_os_error() == Some(rustix::io::Errno::BUSY.raw_os_error()) => {
                    let bytes =
                        read_back(temporary).map_err(WriteError::io(&path, "read its staged contents"))?;
                    self.notes.push(Note::InPlace);
                    in_place::write(&path, &bytes)
                }
                result => result.map_err(WriteError::io(&path, "rename the new file to it")),
            },
            Work::InPlace { bytes, mode, owner, .. } => {
                self.notes.push(Note::InPlace);
                in_place::write(&path, bytes)?;
                repair(&path, *mode, *owner)
            }
        }
    }

    /// After a failure: everything but a rename can stop in the middle.
    pub(super) fn may_be_half_done(&self) -> bool {
        !matches!(self.work, Work::Rename(_)) || self.notes.iter().any(|note| matches!(note, Note::InPlace))
    }

    /// consul-template goes on without a backup when it cannot be made, and says so.
    fn make_backup(&mut self) {
        let Place { path, folder, .. } = &self.place;
        let mut backup = path.clone().into_os_string();
        backup.push(".bak");
        let made = match &self.work {
            // The file keeps its inode, so that a link would change with it.
            Work::InPlace { .. } => copy_beside(path, folder, Path::new(&backup)),
            _ => Temporary::keep_of(path, folder, name_of(path))
                .and_then(|mut kept| kept.rename(Path::new(&backup))),
        };
        if let Err(error) = made {
            self.notes.push(Note::NoBackup(error));
        }
    }
}

pub(super) fn name_of(path: &Path) -> &OsStr {
    path.file_name().unwrap_or_default()
}

fn copy_beside(path: &Path, folder: &Path, backup: &Path) -> io::Result<()> {
    let mut copy = Temporary::create(folder, name_of(path), false)?;
    temporary::copy_whole(path, copy.file()?)?;
    copy.rename(backup)
}

fn make_folder(target: &Target, place: &Place) -> Result<(), WriteError> {
    if place.folder.exists() {
        return Ok(());
    }
    if !target.create_dest_dirs {
        return Err(WriteError::ParentMissing { path: target.path.clone() });
    }
    DirBuilder::new()
        .recursive(true)
        .mode(NEW_FOLDER_MODE)
        .create(&place.folder)
        .map_err(WriteError::io(&place.path, "make its folder"))
}

/// The whole file, with its mode and its owner; not yet on the disk.
fn stage_beside(
    target: &Target,
    owner: Owner,
    place: &Place,
    bytes: &[u8],
    notes: &mut Vec<Note>,
) -> Result<Temporary, WriteError> {
    let path = &place.path;
    let mut temporary = Temporary::create(&place.folder, name_of(path), target.keep_extension)
        .map_err(WriteError::io(path, "make a temporary file beside it"))?;
    let mut file = temporary.file().map_err(WriteError::io(path, "open a temporary file beside it"))?;
    file.write_all(bytes).map_err(WriteError::io(path, "write a temporary file beside it"))?;
    set_owner(file, owner, place.existing, notes)
        .map_err(WriteError::io(path, "set the owner of the new file"))?;
    let mode = target.perms.or(place.existing.map(|existing| existing.mode)).unwrap_or(NEW_MODE);
    file.set_permissions(fs::Permissions::from_mode(mode))
        .map_err(WriteError::io(path, "set the mode of the new file"))?;
    Ok(temporary)
}

/// A configured owner must be set; that of the file that was there is kept where this user may.
fn set_owner(file: &File, owner: Owner, existing: Option<Existing>, notes: &mut Vec<Note>) -> io::Result<()> {
    let data = file.metadata()?;
    let other = |wanted: Option<u32>, has: u32| wanted.filter(|id| *id != has);
    let wanted = (other(owner.uid, data.uid()), other(owner.gid, data.gid()));
    if wanted != (None, None) {
        fchown(file, wanted.0, wanted.1)?;
    }
    let Some(existing) = existing else { return Ok(()) };
    let kept_uid = owner.uid.is_none().then_some(existing.uid).filter(|id| *id != data.uid());
    let kept_gid = owner.gid.is_none().then_some(existing.gid).filter(|id| *id != data.gid());
    let gid_failed = kept_gid.and_then(|gid| fchown(file, None, Some(gid)).err());
    let uid_failed = kept_uid.and_then(|uid| fchown(file, Some(uid), None).err());
    if let Some(error) = uid_failed.or(gid_failed) {
        notes.push(Note::OwnerNotKept { uid: existing.uid, gid: existing.gid, source: error });
    }
    Ok(())
}

fn in_place_work(target: &Target, owner: Owner, place: &Place, bytes: &[u8]) -> Work {
    let mut unsaid = Vec::new();
    let staged = stage_beside(target, owner, place, bytes, &mut unsaid).ok().or_else(|| {
        let elsewhere = Place { folder: std::env::temp_dir(), path: place.path.clone(), ..*place };
        stage_beside(target, owner, &elsewhere, bytes, &mut unsaid).ok()
    });
    Work::InPlace { bytes: bytes.to_vec(), mode: target.perms, owner, staged }
}

fn read_back(temporary: &mut Temporary) -> io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    let mut file = temporary.file()?;
    file.rewind()?;
    file.read_to_end(&mut bytes)?;
    Ok(bytes)
}

/// Owner first: a change of owner takes the set-id bits away.
pub(super) fn repair(path: &Path, mode: Option<u32>, owner: Owner) -> Result<(), WriteError> {
    let data = fs::metadata(path).map_err(WriteError::io(path, "look at its mode and owner"))?;
    let uid = owner.uid.filter(|uid| *uid != data.uid());
    let gid = owner.gid.filter(|gid| *gid != data.gid());
    if uid.is_some() || gid.is_some() {
        std::os::unix::fs::chown(path, uid, gid).map_err(WriteError::io(path, "set its owner"))?;
    }
    if let Some(mode) = mode {
        fs::set_permissions(path, fs::Permissions::from_mode(mode))
            .map_err(WriteError::io(path, "set its mode"))?;
    }
    Ok(())
}
