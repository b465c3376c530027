#pragma once

#include "base/clock.h"
#include "crm/session.h"
#include "platform/session_record.h"
#include "platform/store.h"

#include <memory>
#include <string>

namespace koppla {

/// An account's session, sealed with the store: the next run need not log in again, and no two renew at
/// once. Thread-safe.
class StoredTokens final : public TokenStore {
  public:
    /// `made_by`: the settings that the session comes from; one of other settings is none.
    StoredTokens(const Store& store, std::string_view account, const Clock& clock,
                 std::string_view made_by = {})
        : record_{session_record(store, account, made_by)}, clock_{clock} {}
    Result<std::optional<Credentials>> current(const Call& call) override;
    Result<std::unique_ptr<Renewal>> begin_renewal(const Call& call) override;

    /// Forgets the session: it doesn't fit the account any more.
    Result<void> remove(const Call& call);

  private:
    std::unique_ptr<SessionRecord> record_;
    const Clock& clock_;
};

}  // namespace koppla
