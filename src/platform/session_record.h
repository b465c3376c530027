#pragma once

#include "base/clock.h"
#include "base/secret.h"

#include <memory>
#include <optional>
#include <string_view>

namespace koppla {

class Store;

/// An account's session with its CRM: one sealed text, which all who use the store share. It is replaced
/// while an import holds the store's one writer. Any thread or process may read; who writes holds the lock.
/// Thread-safe.
class SessionRecord {
  public:
    virtual ~SessionRecord() = default;

    /// The lock of all threads and processes; given back when destroyed, and by a crash.
    class Lock {
      public:
        virtual ~Lock() = default;
    };
    /// Waits until the call ends; then `cancelled`.
    virtual Result<std::unique_ptr<Lock>> lock(const Clock& clock, const Call& call) const = 0;

    /// Nothing where none was written, it was made otherwise, or the store's key doesn't open it: then there
    /// has to be a new one.
    [[nodiscard]] virtual Result<std::optional<Secret>> read() const = 0;
    /// Safe when it returns; after a crash the old text is there or the new one, whole.
    virtual Result<void> write(const Secret& text, const Lock& held) const = 0;
    /// Nothing where there was none.
    virtual Result<void> remove(const Lock& held) const = 0;
};

/// Where this store's sessions lie: beside its file, or in a table on its server. `made_by` says how the
/// session comes about: one that was made otherwise isn't opened.
std::unique_ptr<SessionRecord> session_record(const Store& store, std::string_view account,
                                              std::string_view made_by = {});

/// What a session is sealed for.
std::string session_context(std::string_view account, std::string_view made_by);

}  // namespace koppla
