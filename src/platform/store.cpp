#include "platform/store.h"

#include "base/clock.h"
#include "db/sqlite/sqlite_database.h"
#include "platform/migrations/catalog.h"
#include "platform/rows.h"

#include <fmt/format.h>

namespace koppla {

namespace {

Result<std::filesystem::path> path_of(std::string_view location) {
    constexpr std::string_view scheme = "sqlite:";
    if (location.empty()) location = default_store_location;
    if (location.starts_with("postgres")) {
        return error(ErrorKind::unsupported,
                     "this version keeps its store in SQLite; write the store as sqlite:PATH");
    }
    if (!location.starts_with(scheme) || location.size() == scheme.size()) {
        return error(ErrorKind::invalid,
                     fmt::format("'{}' is no place for a store; write it as sqlite:PATH", location));
    }
    return std::filesystem::path{location.substr(scheme.size())};
}

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

Result<void> introduce(db::Database& database, const Vault& vault, const Call& call) {
    auto transaction = TRY(database.begin(db::Access::write, call));
    const std::string now = format_instant(SystemClock{}.now());
    TRY(transaction->execute(
        "insert into koppla_store (name, value) values ('key_id', $1), ('created_at', $2)",
        {std::string_view{vault.key_id()}, std::string_view{now}}));
    return transaction->commit();
}

/// A database that is none of ours is refused before anything is written to it.
Result<void> check_is_store(db::Database& database, const std::filesystem::path& path, const Call& call) {
    auto transaction = TRY(database.begin(db::Access::read, call));
    const auto is_there = read_first(*transaction, "select 1 from koppla_migration", {},
                                     [](const db::Cursor&) -> Result<bool> { return true; });
    if (is_there && *is_there) return {};
    if (!is_there && is_there.error().kind != ErrorKind::invalid) return is_there.error();
    return error(
        ErrorKind::corrupt,
        fmt::format("{} is a database but no Koppla store; name another with --store or KOPPLA_STORE, or "
                    "restore it from a backup",
                    path.string()));
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

/// The environment's key where it is there already, else a new one.
Result<Vault> make_vault(const KeySource& source, Leftovers& leftovers) {
    std::error_code ignored;
    const bool is_there = std::filesystem::exists(source.path, ignored);
    if (source.origin != KeySource::Origin::beside_store && is_there) return Vault::open(source);
    auto vault = TRY(Vault::create(source));
    leftovers.add(source.path);
    return vault;
}

}  // namespace

Result<std::unique_ptr<Store>> Store::create(std::string_view location, const Call& call,
                                             const KeyEnvironment& environment) {
    auto path = TRY(path_of(location));
    std::error_code ignored;
    if (std::filesystem::exists(std::filesystem::symlink_status(path, ignored))) {
        return error(ErrorKind::conflict,
                     fmt::format("there is a store, or another file, at {} already; it was left as it is",
                                 path.string()));
    }
    Leftovers leftovers;
    auto vault = TRY(make_vault(find_key(path, environment), leftovers));
    auto database = TRY(db::open_sqlite({.path = path, .create = db::SqliteOptions::Create::fresh}));
    for (const char* end : {"", "-wal", "-shm"}) leftovers.add(path.string() + end);
    TRY(db::migrate(*database, store_migrations(), call));
    TRY(introduce(*database, vault, call));
    leftovers.keep();
    return std::unique_ptr<Store>{new Store{std::move(path), std::move(database), std::move(vault)}};
}

Result<std::unique_ptr<Store>> Store::open(std::string_view location, const Call& call,
                                           const KeyEnvironment& environment) {
    auto path = TRY(path_of(location));
    std::error_code ignored;
    if (!std::filesystem::exists(path, ignored)) {
        return error(
            ErrorKind::not_found,
            fmt::format("no store at {}; make one with `koppla init`, or name another with --store or "
                        "KOPPLA_STORE",
                        path.string()));
    }
    auto database = TRY(db::open_sqlite({.path = path}));
    TRY(check_is_store(*database, path, call));
    auto vault = TRY(Vault::open(find_key(path, environment)));
    TRY(check_key(*database, vault, call));
    TRY(db::migrate(*database, store_migrations(), call));
    return std::unique_ptr<Store>{new Store{std::move(path), std::move(database), std::move(vault)}};
}

}  // namespace koppla
