#pragma once

#include "base/result.h"
#include "base/secret.h"

#include <filesystem>

namespace koppla {

/// What the program's surroundings say of a store's secrets; empty: they don't.
struct StoreEnvironment {
    std::filesystem::path credentials_directory;  ///< $CREDENTIALS_DIRECTORY, of systemd
    std::filesystem::path key_file;               ///< $KOPPLA_KEY_FILE
    std::filesystem::path config_folder;          ///< $XDG_CONFIG_HOME, else ~/.config
    std::filesystem::path password_file;          ///< $KOPPLA_STORE_PASSWORD_FILE
    Secret password;                              ///< $KOPPLA_STORE_PASSWORD
    static StoreEnvironment current();
};

/// The password for a store on a server: the file that KOPPLA_STORE_PASSWORD_FILE names; else the systemd
/// credential `koppla-store-password`; else KOPPLA_STORE_PASSWORD; else none, which leaves it to ~/.pgpass.
/// `denied` for a file that others than its owner may read.
Result<Secret> store_password(const StoreEnvironment& environment);

}  // namespace koppla
