#pragma once

#include "base/call.h"
#include "db/database.h"
#include "platform/store_place.h"
#include "platform/vault.h"

#include <functional>
#include <memory>
#include <string_view>

namespace koppla {

/// Of a store that is made like another one.
enum class CopiedKey {
    too,    ///< its own place gets the key, so that it can be used as it is
    stays,  ///< whoever opens it has to have the key
};

/// What the platform remembers: one database, up to date in its structure, and the vault that opens its
/// secrets. Thread-safe as both are.
class Store final {
  public:
    /// Makes a store where none is, with a key of its own unless the environment names one; `conflict` where
    /// a store is already, or a key of an earlier one. Nothing is left behind on failure, but an empty
    /// schema.
    static Result<std::unique_ptr<Store>> create(
        std::string_view location, const Call& call,
        const StoreEnvironment& environment = StoreEnvironment::current());
    /// What a new store begins with, within the transaction that makes it.
    using Filling = std::function<Result<void>(db::Transaction&, const db::Dialect&)>;
    /// Makes one that is sealed with another store's key, which is put to the new one's own place where that
    /// is wanted and nothing else is named. Fails as `create` does.
    static Result<std::unique_ptr<Store>> create_like(std::string_view location, const Vault& vault,
                                                      CopiedKey key, const Filling& fill, const Call& call,
                                                      const StoreEnvironment& environment);
    /// `not_found` where none is, `denied` with a key that isn't this store's, `unsupported` for a store of a
    /// newer program, `corrupt` for a file that is damaged or no store.
    static Result<std::unique_ptr<Store>> open(
        std::string_view location, const Call& call,
        const StoreEnvironment& environment = StoreEnvironment::current());

    [[nodiscard]] db::Database& database() const { return *database_; }
    [[nodiscard]] const Vault& vault() const { return vault_; }
    [[nodiscard]] const StorePlace& place() const { return place_; }

  private:
    using VaultMaking = std::function<Result<Vault>(const StorePlace&)>;
    static Result<std::unique_ptr<Store>> make(std::string_view location, const VaultMaking& make_vault,
                                               const Filling& fill, const Call& call,
                                               const StoreEnvironment& environment);
    Store(StorePlace place, std::unique_ptr<db::Database> database, Vault vault)
        : place_{std::move(place)}, database_{std::move(database)}, vault_{std::move(vault)} {}

    StorePlace place_;
    std::unique_ptr<db::Database> database_;
    Vault vault_;
};

}  // namespace koppla
