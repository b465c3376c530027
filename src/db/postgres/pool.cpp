#include "db/postgres/pool.h"

#include "base/stable_hash.h"
#include "db/naming.h"

#include <array>

#include <fmt/format.h>

namespace koppla::db::postgres {

namespace {

constexpr std::size_t idle_max = 4;

}  // namespace

Result<std::unique_ptr<Connection>> Pool::open(const Call& call) const {
    return Connection::open(server_, call);
}

Result<Pool::Lent> Pool::lend(const Call& call) {
    auto taken = idle_.with([](auto& idle) {
        std::unique_ptr<Connection> connection;
        while (!connection && !idle.empty()) {
            if (idle.back()->is_alive()) connection = std::move(idle.back());
            idle.pop_back();
        }
        return connection;
    });
    const bool is_fresh = taken == nullptr;
    if (is_fresh) taken = TRY(open(call));
    taken->serve(call);
    std::shared_ptr<Connection> lent{taken.release(), [pool = shared_from_this()](Connection* connection) {
                                         std::unique_ptr<Connection> back{connection};
                                         back->serve({});
                                         if (!back->is_alive() || back->is_in_transaction()) return;
                                         pool->idle_.with([&](auto& idle) {
                                             if (idle.size() < idle_max) idle.push_back(std::move(back));
                                         });
                                     }};
    return Lent{.connection = std::move(lent), .is_fresh = is_fresh};
}

void Pool::forget() {
    idle_.with([](auto& idle) { idle.clear(); });
}

std::int64_t Pool::lock_number(std::string_view name) const {
    return static_cast<std::int64_t>(stable_hash(fmt::format("koppla/{}/{}", server_.address.schema, name)));
}

std::string holder_of(Connection& connection, std::int64_t lock_number) {
    const std::array<Parameter, 1> values = {lock_number};
    const auto holder = connection.value(
        "select format('%s (role %s, %s, process %s of the server)', coalesce(nullif(a.application_name, ''),"
        " 'a program'), a.usename, coalesce(host(a.client_addr), 'the server itself'), a.pid)"
        " from pg_catalog.pg_locks l join pg_catalog.pg_stat_activity a on a.pid = l.pid"
        " where l.locktype = 'advisory' and l.granted and l.objsubid = 1 and a.datname = current_database()"
        " and l.classid::bigint = (($1::bigint >> 32) & 4294967295)"
        " and l.objid::bigint = ($1::bigint & 4294967295) limit 1",
        values);
    return holder && *holder ? **holder : "another program";
}

}  // namespace koppla::db::postgres
