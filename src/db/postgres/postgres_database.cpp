#include "db/postgres/postgres_database.h"

#include "db/postgres/dialect.h"
#include "db/postgres/pool.h"
#include "db/postgres/staging.h"
#include "db/postgres/transaction.h"

#include <array>

#include <fmt/format.h>

namespace koppla::db {

namespace {

using namespace postgres;

/// Who names no deadline isn't kept waiting for ever by a program that has forgotten its transaction.
constexpr std::chrono::seconds lock_wait_max{60};

/// A session's advisory lock, which ends with its connection.
class NameLock final : public Lock {
  public:
    explicit NameLock(std::unique_ptr<Connection> connection) : connection_{std::move(connection)} {}

  private:
    std::unique_ptr<Connection> connection_;
};

class PostgresDatabase final : public Database {
  public:
    explicit PostgresDatabase(std::shared_ptr<Pool> pool) : pool_{std::move(pool)} {}

    [[nodiscard]] const db::Dialect& dialect() const override { return dialect_; }

    Result<std::unique_ptr<db::Transaction>> begin(Access access, const Call& call) override {
        if (call.stop.stop_requested()) return call.cancelled("beginning a transaction");
        const bool is_unbounded = call.deadline == std::chrono::steady_clock::time_point::max();
        return postgres::Transaction::begin(*pool_, access, is_unbounded ? call.within(lock_wait_max) : call);
    }
    Result<std::unique_ptr<db::Staging>> begin_staging(std::string_view name,
                                                       std::span<const LoaderColumn> columns) override {
        return postgres::Staging::begin(*pool_, name, columns);
    }
    Result<void> discard_staging(std::string_view name) override {
        return postgres::Staging::discard(*pool_, name);
    }
    Result<std::unique_ptr<Lock>> lock(std::string_view name) override {
        auto connection = TRY(pool_->open({}));
        const std::int64_t number = pool_->lock_number(fmt::format("lock {}", name));
        const std::array<Parameter, 1> values = {number};
        if (TRY(connection->value("select pg_try_advisory_lock($1)::text", values)) == "true")
            return std::unique_ptr<Lock>{std::make_unique<NameLock>(std::move(connection))};
        return error(ErrorKind::conflict,
                     fmt::format("{} has {} to itself", holder_of(*connection, number), name));
    }
    /// The server checks its own pages; what it knows to be unusable are indexes.
    Result<std::vector<std::string>> damages(const Call& call) override {
        auto transaction = TRY(begin(Access::read, call));
        auto cursor = TRY(transaction->query(
            "select format('the index %s is not valid: reindex it', c.relname) from pg_catalog.pg_index i"
            " join pg_catalog.pg_class c on c.oid = i.indexrelid"
            " join pg_catalog.pg_namespace n on n.oid = c.relnamespace"
            " where n.nspname = current_schema() and not i.indisvalid order by 1",
            {}));
        std::vector<std::string> damages;
        while (TRY(cursor->next())) damages.emplace_back(cursor->text(0));
        return damages;
    }

  private:
    postgres::Dialect dialect_;
    std::shared_ptr<Pool> pool_;
};

/// The schema, made where that is wanted. A role may lack the right to make one and still use one that is
/// there.
Result<void> check_schema(const PostgresOptions& options, Connection& connection) {
    const std::string& schema = options.address.schema;
    const std::array<Parameter, 1> name = {std::string_view{schema}};
    constexpr std::string_view find = "select 1 from pg_catalog.pg_namespace where nspname = $1";
    if (TRY(connection.value(find, name))) return {};
    if (options.create == PostgresOptions::Create::existing) {
        return error(ErrorKind::not_found,
                     fmt::format("there is no schema {} in {}", schema, connection.place()));
    }
    const auto made = connection.run(fmt::format("create schema {}", postgres::Dialect{}.quoted(schema)));
    if (made || TRY(connection.value(find, name))) return {};
    return made.error().with_context(fmt::format("making the schema {}", schema));
}

}  // namespace

Result<std::unique_ptr<Database>> open_postgres(const PostgresOptions& options, const Call& call) {
    auto pool = std::make_shared<Pool>(
        Server{.address = options.address, .password = options.password, .open_wait = options.open_wait});
    {
        const auto lent = TRY(pool->lend(call));
        TRY(check_schema(options, *lent.connection));
    }
    return std::unique_ptr<Database>{std::make_unique<PostgresDatabase>(std::move(pool))};
}

}  // namespace koppla::db
