#include "platform/store_place.h"

#include "db/naming.h"
#include "db/postgres/postgres_database.h"
#include "db/sqlite/sqlite_database.h"

#include <fmt/format.h>

namespace koppla {

namespace {

constexpr std::size_t key_name_bytes_max = 120;

Result<std::unique_ptr<db::Database>> open_file(const std::filesystem::path& path,
                                                StorePlace::Opening opening) {
    using Create = db::SqliteOptions::Create;
    std::error_code ignored;
    const bool is_there = std::filesystem::exists(std::filesystem::symlink_status(path, ignored));
    if (opening == StorePlace::Opening::fresh) {
        if (!is_there) return db::open_sqlite({.path = path, .create = Create::fresh});
        return error(ErrorKind::conflict,
                     fmt::format("there is a store, or another file, at {} already; it was left as it is",
                                 path.string()));
    }
    if (std::filesystem::exists(path, ignored)) return db::open_sqlite({.path = path});
    return error(ErrorKind::not_found,
                 fmt::format("no store at {}; make one with `koppla init`, or name another with --store or "
                             "KOPPLA_STORE",
                             path.string()));
}

Result<std::unique_ptr<db::Database>> open_on_server(const db::PostgresAddress& address,
                                                     StorePlace::Opening opening,
                                                     const StoreEnvironment& environment, const Call& call) {
    using Create = db::PostgresOptions::Create;
    db::PostgresOptions options{.address = address};
    options.password = TRY(store_password(environment));
    if (opening == StorePlace::Opening::fresh) options.create = Create::if_missing;
    auto opened = db::open_postgres(options, call);
    if (opened || opened.error().kind != ErrorKind::not_found || opening == StorePlace::Opening::fresh)
        return opened;
    Error missing = std::move(opened).error();
    missing.message += "; make a store with `koppla init`, or name another with --store or KOPPLA_STORE";
    return missing;
}

}  // namespace

Result<StorePlace> StorePlace::parse(std::string_view location) {
    constexpr std::string_view scheme = "sqlite:";
    if (location.empty()) location = default_store_location;
    if (location.starts_with("postgres:") || location.starts_with("postgresql:")) {
        db::PostgresAddress address = TRY(db::parse_postgres_address(location));
        return StorePlace{Place{std::move(address)}};
    }
    if (location.starts_with(scheme) && location.size() > scheme.size())
        return StorePlace{Place{std::filesystem::path{location.substr(scheme.size())}}};
    return error(ErrorKind::invalid,
                 fmt::format("'{}' is no place for a store; write it as sqlite:PATH or as "
                             "postgres://USER@HOST/DATABASE",
                             location));
}

std::string StorePlace::text() const {
    if (const auto* path = file()) return path->string();
    return std::get<db::PostgresAddress>(place_).text();
}

KeySource StorePlace::own_key(const StoreEnvironment& environment) const {
    if (const auto* path = file())
        return {.origin = KeySource::Origin::beside_store, .path = path->string() + ".key"};
    const auto& address = std::get<db::PostgresAddress>(place_);
    const std::string name =
        fmt::format("{}_{}_{}_{}", address.host.empty() ? "localhost" : address.host,
                    address.port.empty() ? "5432" : address.port, address.database, address.schema);
    return {
        .origin = KeySource::Origin::config_folder,
        .path = environment.config_folder / "koppla" / (db::plain_name(name, key_name_bytes_max) + ".key")};
}

Result<std::unique_ptr<db::Database>> StorePlace::open(Opening opening, const StoreEnvironment& environment,
                                                       const Call& call) const {
    if (const auto* path = file()) return open_file(*path, opening);
    return open_on_server(std::get<db::PostgresAddress>(place_), opening, environment, call);
}

}  // namespace koppla
