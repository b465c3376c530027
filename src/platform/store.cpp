#include "platform/store.h"

#include "base/clock.h"
#include "platform/migrations/catalog.h"
#include "platform/rows.h"

#include <fmt/format.h>

namespace koppla {

namespace {

/// Takes away what a failed `create` has made so far, unless it is kept.
class Leftovers final {
  public:
    Leftovers() = default;
    ~Leftovers() {
        std::error_code ignored;
        for (const auto& path : paths_) std::filesystem::remove(path, ignored);
    }
    Leftovers(const Leftovers&) = delete;
    Leftovers& operator=(const Leftovers&) = delete;
    void add(std::filesystem::path path) { paths_.push_back(std::move(path)); }
    void keep() { paths_.clear(); }

  private:
    std::vector<std::filesystem::path> paths_;
};

Result<void> introduce(db::Transaction& transaction, const Vault& vault) {
    const std::string now = format_instant(SystemClock{}.now());
    TRY(transaction.execute(
        "insert into koppla_store (name, value) values ('key_id', $1), ('created_at', $2)",
        {std::string_view{vault.key_id()}, std::string_view{now}}));
    return {};
}

Result<bool> has_store(db::Transaction& transaction, const db::Dialect& dialect) {
    const auto cursor = TRY(transaction.query(dialect.relation_exists_sql(), {"koppla_migration"}));
    return cursor->next();
}

/// A database that is none of ours is refused before anything is written to it.
Result<void> check_is_store(db::Database& database, const StorePlace& place, const Call& call) {
    auto transaction = TRY(database.begin(db::Access::read, call));
    if (TRY(has_store(*transaction, database.dialect()))) return {};
    if (place.file() == nullptr) {
        return error(
            ErrorKind::not_found,
            fmt::format("no store at {}; make one with `koppla init`, or name another with --store or "
                        "KOPPLA_STORE",
                        place.text()));
    }
    return error(
        ErrorKind::corrupt,
        fmt::format("{} is a database but no Koppla store; name another with --store or KOPPLA_STORE, or "
                    "restore it from a backup",
                    place.text()));
}

Result<void> check_key(db::Database& database, const Vault& vault, const Call& call) {
    auto transaction = TRY(database.begin(db::Access::read, call));
    const auto wanted =
        TRY(read_first(*transaction, "select value from koppla_store where name = 'key_id'", {},
                       [](const db::Cursor& row) -> Result<std::string> { return text_at(row, 0); }));
    if (wanted == vault.key_id()) return {};
    return error(
        ErrorKind::denied,
        fmt::format("the sealing key in {} is not the one this store was made with (key id {}, store wants "
                    "{}); name the right one with KOPPLA_KEY_FILE",
                    vault.source().path.string(), vault.key_id(), wanted.value_or("one it doesn't name")));
}

}  // namespace

Result<std::unique_ptr<Store>> Store::make(std::string_view location, const VaultMaking& make_vault,
                                           const Filling& fill, const Call& call,
                                           const StoreEnvironment& environment) {
    auto place = TRY(StorePlace::parse(location));
    Leftovers leftovers;
    auto database = TRY(place.open(StorePlace::Opening::fresh, environment, call));
    if (const auto* path = place.file()) {
        for (const char* end : {"", "-wal", "-shm"}) leftovers.add(path->string() + end);
    }
    auto transaction = TRY(database->begin(db::Access::write, call));
    if (TRY(has_store(*transaction, database->dialect()))) {
        return error(ErrorKind::conflict,
                     fmt::format("there is a store at {} already; it was left as it is", place.text()));
    }
    std::error_code ignored;
    const KeySource key = find_key(place.own_key(environment), environment);
    const bool had_key = std::filesystem::exists(key.path, ignored);
    auto vault = TRY(make_vault(place));
    if (!had_key) leftovers.add(key.path);
    TRY(db::begin_structure(*transaction, database->dialect(), store_migrations()));
    TRY(introduce(*transaction, vault));
    if (fill) TRY(fill(*transaction, database->dialect()));
    if (auto committed = transaction->commit(); !committed) {
        // The store may be there all the same, and is nothing without its key.
        if (committed.error().kind == ErrorKind::in_doubt) leftovers.keep();
        return committed.error();
    }
    leftovers.keep();
    return std::unique_ptr<Store>{new Store{std::move(place), std::move(database), std::move(vault)}};
}

Result<std::unique_ptr<Store>> Store::create(std::string_view location, const Call& call,
                                             const StoreEnvironment& environment) {
    const auto make_vault = [&](const StorePlace& place) -> Result<Vault> {
        const KeySource own = place.own_key(environment);
        const KeySource source = find_key(own, environment);
        std::error_code ignored;
        // A key that the environment names may be there already; one in the store's own place is an earlier
        // store's.
        const bool is_given = source.origin != own.origin && std::filesystem::exists(source.path, ignored);
        return is_given ? Vault::open(source) : Vault::create(source);
    };
    return make(location, make_vault, {}, call, environment);
}

Result<std::unique_ptr<Store>> Store::create_like(std::string_view location, const Vault& vault,
                                                  CopiedKey key, const Filling& fill, const Call& call,
                                                  const StoreEnvironment& environment) {
    const auto make_vault = [&](const StorePlace& place) -> Result<Vault> {
        const KeySource source = find_key(place.own_key(environment), environment);
        std::error_code ignored;
        if (key == CopiedKey::stays) return vault;
        if (!std::filesystem::exists(source.path, ignored)) return vault.copied_to(source);
        auto there = TRY(Vault::open(source));
        if (there.key_id() == vault.key_id()) return there;
        return error(ErrorKind::conflict,
                     fmt::format("{} holds another key than the store that is copied has; move it away",
                                 source.path.string()));
    };
    return make(location, make_vault, fill, call, environment);
}

Result<std::unique_ptr<Store>> Store::open(std::string_view location, const Call& call,
                                           const StoreEnvironment& environment) {
    auto place = TRY(StorePlace::parse(location));
    auto database = TRY(place.open(StorePlace::Opening::existing, environment, call));
    TRY(check_is_store(*database, place, call));
    auto vault = TRY(Vault::open(find_key(place.own_key(environment), environment)));
    TRY(check_key(*database, vault, call));
    TRY(db::migrate(*database, store_migrations(), call));
    return std::unique_ptr<Store>{new Store{std::move(place), std::move(database), std::move(vault)}};
}

}  // namespace koppla
