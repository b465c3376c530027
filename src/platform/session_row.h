#pragma once

#include "platform/session_record.h"
#include "platform/store.h"

#include <string>
#include <string_view>

namespace koppla {

/// A session in the table `koppla_session`, for stores that several machines use. Its lock is one of the
/// database's, apart from the row, so that each write can be a transaction of its own.
class SessionRow final : public SessionRecord {
  public:
    SessionRow(const Store& store, std::string_view account, std::string_view made_by = {});

    Result<std::unique_ptr<Lock>> lock(const Clock& clock, const Call& call) const override;
    [[nodiscard]] Result<std::optional<Secret>> read() const override;
    Result<void> write(const Secret& text, const Lock& held) const override;
    Result<void> remove(const Lock& held) const override;

  private:
    const Store& store_;
    std::string account_;
    std::string context_;
};

}  // namespace koppla
