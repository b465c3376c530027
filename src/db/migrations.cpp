#include "db/migrations.h"

#include "base/clock.h"

#include <algorithm>
#include <set>
#include <string>
#include <utility>

#include <fmt/format.h>

namespace koppla::db {

namespace {

constexpr std::string_view record_sql =
    "create table if not exists koppla_migration"
    " (number integer primary key, name text not null, applied_at text not null)";

Result<std::set<int>> applied(Transaction& transaction) {
    std::set<int> numbers;
    auto cursor = TRY(transaction.query("select number from koppla_migration"));
    while (TRY(cursor->next())) numbers.insert(static_cast<int>(cursor->integer(0)));
    return numbers;
}

std::string in_words_of(const Dialect& dialect, std::string_view sql) {
    std::string result{sql};
    for (const auto& [mark, word] :
         {std::pair<std::string_view, std::string_view>{"{numbered_key}", dialect.numbered_key()},
          {"{bytes}", dialect.bytes_type()}}) {
        for (auto at = result.find(mark); at != std::string::npos; at = result.find(mark, at + word.size()))
            result.replace(at, mark.size(), word);
    }
    return result;
}

Result<void> apply(Transaction& transaction, const Dialect& dialect, const Migration& migration) {
    TRY(transaction.execute(in_words_of(dialect, migration.sql)));
    const std::string now = format_instant(SystemClock{}.now());
    TRY(transaction.execute("insert into koppla_migration (number, name, applied_at) values ($1, $2, $3)",
                            {std::int64_t{migration.number}, migration.name, std::string_view{now}}));
    return {};
}

/// False: another program was faster.
Result<bool> apply(Database& database, const Migration& migration, const Call& call) {
    auto transaction = TRY(database.begin(Access::write, call));
    if (TRY(applied(*transaction)).contains(migration.number)) return false;
    TRY(apply(*transaction, database.dialect(), migration));
    TRY(transaction->commit());
    return true;
}

}  // namespace

Result<void> begin_structure(Transaction& transaction, const Dialect& dialect,
                             std::span<const Migration> migrations) {
    TRY(transaction.execute(record_sql));
    for (const Migration& migration : migrations) TRY(apply(transaction, dialect, migration));
    return {};
}

Result<int> migrate(Database& database, std::span<const Migration> migrations, const Call& call) {
    const auto out_of_order =
        std::adjacent_find(migrations.begin(), migrations.end(),
                           [](const Migration& a, const Migration& b) { return a.number >= b.number; });
    if (out_of_order != migrations.end()) {
        return error(ErrorKind::invalid, fmt::format("migration {} stands before a lower number or its own",
                                                     out_of_order->number));
    }
    std::set<int> known;
    for (const Migration& migration : migrations) known.insert(migration.number);
    std::set<int> done;
    {
        auto reading = TRY(database.begin(Access::read, call));
        if (auto numbers = applied(*reading)) done = std::move(*numbers);
    }
    if (done.empty()) {
        auto first = TRY(database.begin(Access::write, call));
        TRY(first->execute(record_sql));
        done = TRY(applied(*first));
        TRY(first->commit());
    }
    if (!std::includes(known.begin(), known.end(), done.begin(), done.end())) {
        return error(
            ErrorKind::unsupported,
            fmt::format("this store was written by a newer version of the program (its structure is number "
                        "{}, this program knows {}); use that version, or a newer one",
                        *done.rbegin(), known.empty() ? 0 : *known.rbegin()));
    }
    int count = 0;
    for (const Migration& migration : migrations) {
        if (done.contains(migration.number)) continue;
        const auto result = apply(database, migration, call);
        if (!result) {
            return result.error().with_context(fmt::format("bringing the store up to date, step {:04} {}",
                                                           migration.number, migration.name));
        }
        if (*result) ++count;
    }
    return count;
}

}  // namespace koppla::db
