#pragma once

#include "base/result.h"
#include "base/secret.h"
#include "platform/environment.h"

#include <array>
#include <filesystem>
#include <string>
#include <string_view>

namespace koppla {

/// Where a store's sealing key lies.
struct KeySource {
    enum class Origin { credential, named_file, beside_store, config_folder };
    Origin origin = Origin::beside_store;
    std::filesystem::path path;
};

/// The systemd credential `koppla-key` where there is one; else the file that KOPPLA_KEY_FILE names; else the
/// store's own. The last two need not be there yet.
KeySource find_key(const KeySource& own, const StoreEnvironment& environment);

/// Seals secrets with one key (XChaCha20-Poly1305). A sealed value opens only with the same key and in the
/// context it was sealed for, so one can't be put in another's place. Thread-safe.
class Vault final {
  public:
    /// `not_found` without a key file; `denied` where others than its owner may read it; `corrupt` where it
    /// holds no key.
    static Result<Vault> open(const KeySource& source);
    /// Makes a new key file with mode 0600; `conflict` where one is. A credential is never made, only opened.
    static Result<Vault> create(const KeySource& source);

    /// The same key in another file; fails as `create` does.
    [[nodiscard]] Result<Vault> copied_to(const KeySource& source) const;

    /// Eight hexadecimal digits that tell keys apart and tell nothing about the key.
    [[nodiscard]] const std::string& key_id() const { return key_id_; }
    [[nodiscard]] const KeySource& source() const { return source_; }

    [[nodiscard]] std::string seal(std::string_view context, const Secret& secret) const;
    /// `denied` for another key's value, `corrupt` for one that was changed or moved here from elsewhere.
    [[nodiscard]] Result<Secret> unseal(std::string_view context, std::string_view sealed) const;

    /// Hexadecimal digits that are equal for equal texts, and can't be made or tried without the key.
    [[nodiscard]] std::array<char, 64> keyed_hash(std::string_view text) const;

  private:
    Vault(KeySource source, Secret key);

    KeySource source_;
    Secret key_;
    std::string key_id_;
};

}  // namespace koppla
