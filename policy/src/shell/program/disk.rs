/*! Disks, partitions and volumes. */

use crate::shell::ShellEffect::DiskDestroy;
use crate::shell::argv::Call;
use crate::shell::flow::{ANY, Flow};
use crate::shell::judge::Judge;
use crate::shell::paths;

impl Judge<'_> {
    pub fn disk(&mut self, call: &Call<'_>, stdin: &Flow) {
        let destroys = match call.name {
            "dd" | "dcfldd" | "dc3dd" | "gdd" => {
                let outputs: Vec<&str> =
                    call.texts().filter_map(|text| text.strip_prefix("of=")).collect();
                for output in &outputs {
                    self.written(output, stdin);
                }
                self.found.unresolved |= outputs.iter().any(|output| output.starts_with(ANY))
                    || call.args.iter().any(|f| f.may_be_option());
                false
            }
            "mkfs" | "mke2fs" | "mkswap" | "mkntfs" | "mkdosfs" | "newfs" | "blkdiscard"
            | "zerofree" | "vgremove" | "lvremove" | "pvremove" | "sg_format" | "ddrescue"
            | "luksformat" | "nwipe" | "scrub" | "shred-disk" | "vgreduce" | "lvreduce"
            | "pvcreate" => true,
            name if name.starts_with("mkfs.") => true,
            "wipefs" => {
                call.has("aofb", &["all", "offset", "force"]) && !call.has("n", &["no-act"])
            }
            "fdisk" | "cfdisk" | "gdisk" => !call.has("lsv", &["list", "getsz", "version"]),
            "sfdisk" => !call.has("lduVs", &["list", "dump", "verify", "json", "show-size"]),
            "sgdisk" => {
                call.has("zZdnotgcRGle", &["zap", "zap-all", "delete", "new", "clear", "mbrtogpt"])
                    && !call.has("pi", &["print", "info"])
            }
            "parted" => {
                call.says(&["mklabel", "mktable", "mkpart", "rm", "resizepart", "mkpartfs"])
                    || call.texts().any(|text| {
                        text.starts_with("mklabel ")
                            || text.starts_with("rm ")
                            || text.starts_with("mkpart ")
                    })
            }
            "badblocks" => call.has("wn", &[]),
            "hdparm" => call.texts().any(|text| {
                text.starts_with("--security-erase")
                    || text.starts_with("--trim-sector")
                    || text == "--make-bad-sector"
            }),
            "nvme" => call.says(&["format", "sanitize", "delete-ns", "write-zeroes"]),
            "cryptsetup" => call.texts().any(|text| {
                ["luksformat", "erase", "lukserase", "lukskillslot", "reencrypt", "luksremovekey"]
                    .contains(&text.to_ascii_lowercase().as_str())
            }),
            "mdadm" => call.texts().any(|text| {
                ["--zero-superblock", "--stop", "-S", "--remove", "--create", "-C"].contains(&text)
            }),
            "zpool" => call.says(&["destroy", "labelclear", "remove"]),
            "zfs" => call.says(&["destroy", "rollback"]),
            "btrfs" => call.says(&["delete", "del"]),
            "diskutil" => call.texts().any(|text| {
                [
                    "erase",
                    "zero",
                    "random",
                    "secureerase",
                    "partitiondisk",
                    "reformat",
                    "deletevolume",
                    "deletecontainer",
                ]
                .iter()
                .any(|word| text.to_ascii_lowercase().contains(word))
            }),
            "format" | "diskpart" | "Format-Volume" | "Clear-Disk" => {
                !call.args.is_empty() || call.name != "format"
            }
            "tee" | "cp" | "mv" | "install" | "sponge" | "pv" | "gcp" | "ln" | "truncate"
            | "fallocate" | "unzip" | "cpio" => {
                self.copies(call);
                false
            }
            _ => false,
        };
        if destroys {
            self.add(DiskDestroy);
        }
    }

    fn copies(&mut self, call: &Call<'_>) {
        let operands = call.operands("SmogsotZ", &["suffix", "mode", "owner", "group"]);
        let targets = match call.name {
            "tee" | "sponge" | "truncate" | "fallocate" => operands.as_slice(),
            _ => operands.last().map(std::slice::from_ref).unwrap_or_default(),
        };
        let targets = targets.iter().map(|field| field.text.clone());
        let targets = targets
            .chain(call.values("ot", &["output", "target-directory"]).into_iter().map(|f| f.text));
        for target in targets.collect::<Vec<_>>() {
            if call.name != "tee" {
                self.written(&target, &Flow::empty());
            } else if paths::is_disk(&target) {
                self.add(DiskDestroy);
            }
        }
    }
}
