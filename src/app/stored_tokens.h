#pragma once

#include "base/guarded.h"
#include "crm/session.h"
#include "platform/store.h"

#include <string>

namespace koppla {

/// An account's session, sealed in the store: the next run need not log in again. While the store's writer is
/// held (by a first load, say) a renewed session is kept in memory instead. Thread-safe.
class StoredTokens final : public TokenStore {
  public:
    StoredTokens(const Store& store, std::string account) : store_{store}, account_{std::move(account)} {}
    Result<std::optional<Credentials>> current(const Call& call) override;
    Result<void> replace(const Credentials& fresh, const Call& call) override;

    /// The secret's name among the account's: no setting that a person gives.
    static constexpr std::string_view secret_name = "session";

  private:
    const Store& store_;
    std::string account_;
    Guarded<std::optional<Credentials>> renewed_;
};

}  // namespace koppla
