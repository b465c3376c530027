#pragma once

#include "base/clock.h"
#include "db/database.h"

#include <string>
#include <vector>

namespace koppla {

/// One thing that somebody did. The detail never holds a secret.
struct AuditEntry {
    Instant at{};
    std::string who;      ///< the operating system's user
    std::string verb;     ///< "account.create" …
    std::string subject;  ///< what it was done to
    std::string detail{};
    bool operator==(const AuditEntry&) const = default;
};

/// Who changed what, within one transaction: entries are added, never changed.
class Audit final {
  public:
    explicit Audit(db::Transaction& transaction) : transaction_{transaction} {}

    Result<void> append(const AuditEntry& entry);
    /// The newest first.
    Result<std::vector<AuditEntry>> list(std::int64_t count_max);

  private:
    db::Transaction& transaction_;
};

}  // namespace koppla
