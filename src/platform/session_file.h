#pragma once

#include "base/clock.h"
#include "platform/store.h"

#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

namespace koppla {

/// An account's session with its CRM: one sealed text, `<store>-sessions/<account>`. It lies beside the store
/// rather than in it, so that it can be replaced while an import holds the store's one writer; and a backup
/// of the store goes without it, because an old session may be worth nothing, or do harm. Any thread or
/// process may read; who writes holds the lock.
class SessionFile final {
  public:
    /// `made_by` says how the session comes about: one that was made otherwise isn't opened.
    SessionFile(const Store& store, std::string_view account, std::string_view made_by = {});

    /// The lock of all threads and processes; given back when destroyed, and by a crash.
    class Lock {
      public:
        explicit Lock(int descriptor) : descriptor_{descriptor} {}
        ~Lock();
        Lock(const Lock&) = delete;
        Lock& operator=(const Lock&) = delete;

      private:
        int descriptor_;
    };
    /// Waits until the call ends; then `cancelled`.
    Result<std::unique_ptr<Lock>> lock(const Clock& clock, const Call& call) const;

    /// Nothing where none was written, it was made otherwise, or the store's key doesn't open it: then there
    /// has to be a new one.
    [[nodiscard]] Result<std::optional<Secret>> read() const;
    /// On the disk when it returns; after a crash the file holds the old text or the new one, whole.
    Result<void> write(const Secret& text, const Lock& held) const;
    /// Nothing where there was none.
    Result<void> remove(const Lock& held) const;

  private:
    Result<void> make_folder() const;

    const Vault& vault_;
    std::string context_;
    std::filesystem::path folder_;
    std::filesystem::path path_;
};

}  // namespace koppla
