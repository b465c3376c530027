#include "transfer/merge.h"

#include "platform/local_table.h"

#include <algorithm>
#include <string>

#include <fmt/format.h>

namespace koppla {

namespace {

Result<std::int64_t> number(db::Transaction& transaction, std::string_view sql) {
    const auto cursor = TRY(transaction.query(sql));
    if (!TRY(cursor->next())) return 0;
    return cursor->integer(0);
}

Result<std::vector<std::string>> columns_of(db::Transaction& transaction, std::string_view relation) {
    const auto cursor = TRY(transaction.query(fmt::format("select * from {} limit 0", relation)));
    std::vector<std::string> columns;
    columns.reserve(static_cast<std::size_t>(cursor->column_count()));
    for (int i = 0; i < cursor->column_count(); ++i) columns.emplace_back(cursor->column_name(i));
    return columns;
}

/// The names that the statements are put together from.
struct Names {
    std::string table, key, stamp, flag, columns;
    const db::Dialect& dialect;

    Names(const db::Dialect& with, const MergeTarget& target) : dialect{with} {
        table = with.quoted(target.schema.local_table);
        columns = list(target, "");
        for (const model::FieldSchema* field : target.fields) {
            if (field->name == target.schema.key) key = with.quoted(field->column);
            if (field->name == target.schema.stamp) stamp = with.quoted(field->column);
            if (field->name == target.schema.removal_flag) flag = with.quoted(field->column);
        }
    }

    [[nodiscard]] std::string list(const MergeTarget& target, std::string_view prefix) const {
        std::string text;
        for (const model::FieldSchema* field : target.fields) {
            text += fmt::format("{}{}{}", text.empty() ? "" : ", ", prefix, dialect.quoted(field->column));
        }
        return text;
    }

    /// Rows of `from` with the newest version of every key.
    [[nodiscard]] std::string newest(std::string_view from) const {
        return fmt::format(
            "(select * from (select {0}, row_number() over (partition by {1} order by {2}) as koppla_version "
            "from {3} staged) as versions where koppla_version = 1)",
            columns, key, stamp.empty() ? key : stamp + " desc nulls last", from);
    }
};

/// A database that counts distinct values by sorting them all drops equal ones by a hash.
std::string distinct_keys_sql(const Names& names, std::string_view from) {
    return fmt::format("select count(*) from (select distinct {} from {} staged) as keys", names.key, from);
}

/// `staged`: a table, or a query in parentheses.
Result<MergeCounts> merge_rows(db::Transaction& transaction, const Names& names, const MergeTarget& target,
                               const std::string& staged) {
    const db::Dialect& dialect = names.dialect;
    const std::int64_t rows = TRY(number(transaction, fmt::format("select count(*) from {} staged", staged)));
    if (rows == 0) return MergeCounts{};
    const std::int64_t keys = TRY(number(transaction, distinct_keys_sql(names, staged)));
    const std::string source = keys == rows ? staged : names.newest(staged);

    const std::int64_t unknown = TRY(number(
        transaction, fmt::format("select count(*) from {} s left join {} t on t.{} = s.{} where t.{} is null",
                                 source, names.table, names.key, names.key, names.key)));
    const std::int64_t added = target.adds_rows ? unknown : 0;

    std::string changes;
    for (const model::FieldSchema* field : target.fields) {
        const std::string column = dialect.quoted(field->column);
        changes += fmt::format("{}{} = excluded.{}", changes.empty() ? "" : ", ", column, column);
    }
    const bool is_by_stamp = !names.stamp.empty() && target.removals == Removals::rows;
    const std::string is_not_older =
        is_by_stamp ? fmt::format("(t.{0} is null or s.{0} >= t.{0}) and ", names.stamp) : "";
    const std::int64_t written = TRY(transaction.execute(
        fmt::format("insert into {0} ({1}) select {2} from {3} s {9} {0} t on t.{4} = s.{4} "
                    "where t.{4} is null or ({5}({6}) {7} ({2})) on conflict ({4}) do update set {8}",
                    names.table, names.columns, names.list(target, "s."), source, names.key, is_not_older,
                    names.list(target, "t."), dialect.is_distinct_from(), changes,
                    target.adds_rows ? "left join" : "join")));
    return MergeCounts{.added = added, .changed = written - added, .unchanged = keys - written};
}

}  // namespace

std::vector<db::LoaderColumn> loader_columns(const MergeTarget& target) {
    std::vector<db::LoaderColumn> columns;
    for (const model::FieldSchema* field : target.fields)
        columns.push_back({.name = field->column, .type = field->type});
    return columns;
}

Result<MergeCounts> merge(db::Transaction& transaction, const db::Dialect& dialect, const MergeTarget& target,
                          std::string_view staging) {
    const Names names{dialect, target};
    if (target.removals == Removals::rows)
        return merge_rows(transaction, names, target, std::string{staging});
    const std::string removed =
        fmt::format("select distinct {} from {} where {} is true", names.key, staging, names.flag);
    MergeCounts counts = TRY(merge_rows(
        transaction, names, target,
        fmt::format("(select {0} from {1} living left join ({2}) removed on removed.{3} = living.{3}"
                    " where living.{4} is not true and removed.{3} is null)",
                    names.list(target, "living."), staging, removed, names.key, names.flag)));
    const std::int64_t tombstones =
        TRY(number(transaction, fmt::format("select count(*) from ({}) removed", removed)));
    const std::int64_t marked = TRY(
        transaction.execute(fmt::format("update {0} set {1} = true where {1} is not true and {2} in ({3})",
                                        names.table, names.flag, names.key, removed)));
    counts.changed += marked;
    counts.unchanged += tombstones - marked;
    return counts;
}

Result<std::int64_t> mark_missing(db::Transaction& transaction, const db::Dialect& dialect,
                                  const MergeTarget& target, std::string_view staging,
                                  std::span<const std::string> spared) {
    const Names names{dialect, target};
    std::string spared_keys;
    for (const std::string& key : spared)
        spared_keys += fmt::format("{}{}", spared_keys.empty() ? "" : ", ", dialect.literal(key));
    if (!spared_keys.empty()) spared_keys = fmt::format(" and t.{} not in ({})", names.key, spared_keys);
    return transaction.execute(fmt::format(
        "update {0} set {1} = true where {2} in (select t.{2} from {0} t left join {3} s on s.{2} = t.{2}"
        " where t.{1} is not true and s.{2} is null{4})",
        names.table, names.flag, names.key, staging, spared_keys));
}

Result<MergeCounts> fill(db::Transaction& transaction, const db::Dialect& dialect, const MergeTarget& target,
                         std::string_view staging) {
    const Names names{dialect, target};
    for (const std::string& sql : drop_index_sql(target.schema, dialect)) TRY(transaction.execute(sql));
    // Of one form, SQLite copies whole records; it recognises that by the stars.
    const bool is_same_form =
        TRY(columns_of(transaction, names.table)) == TRY(columns_of(transaction, staging));
    const std::string all =
        is_same_form
            ? fmt::format("insert into {} select * from {}", names.table, staging)
            : fmt::format("insert into {0} ({1}) select {1} from {2}", names.table, names.columns, staging);
    const std::int64_t rows = TRY(transaction.execute(all));
    MergeCounts counts{.added = rows};
    for (const std::string& sql : create_index_sql(target.schema, dialect)) {
        const Result<std::int64_t> made = transaction.attempt(sql);
        if (made) continue;
        if (made.error().kind != ErrorKind::conflict) return made.error();
        // Some keys came twice, as changes between two pages make them: the newest versions count.
        TRY(transaction.execute(fmt::format("delete from {}", names.table)));
        counts.added =
            TRY(transaction.execute(fmt::format("insert into {0} ({1}) select {1} from {2} versions",
                                                names.table, names.columns, names.newest(staging))));
        counts.unchanged = rows - counts.added;
        TRY(transaction.execute(sql));
    }
    return counts;
}

}  // namespace koppla
