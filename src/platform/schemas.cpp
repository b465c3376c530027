#include "platform/schemas.h"

#include "platform/rows.h"

#include <fmt/format.h>

namespace koppla {

namespace {

Result<RecordedSchema> recorded_of(const db::Cursor& row) {
    auto schema = model::object_schema_from_json(row.text(1));
    if (!schema) {
        return std::move(schema).error().with_context(
            fmt::format("reading the recorded schema of account '{}'", row.text(0)));
    }
    const Instant recorded_at = TRY(instant_at(row, 2));
    return RecordedSchema{
        .account = text_at(row, 0), .schema = std::move(*schema), .recorded_at = recorded_at};
}

Error unknown(std::string_view account, std::string_view object) {
    return error(
        ErrorKind::not_found,
        fmt::format(
            "account '{0}' has no recorded object '{1}'; `koppla schema show {0}` lists those it has, "
            "`koppla wizard {0}` adds to them",
            account.substr(0, 100), object.substr(0, 100)));
}

Result<Enumeration> enumeration_of(const db::Cursor& row) {
    return Enumeration{.account = text_at(row, 0),
                       .object = text_at(row, 1),
                       .field = text_at(row, 2),
                       .label = text_at(row, 3),
                       .values = {}};
}

Result<std::vector<Enumeration>> with_values(db::Transaction& transaction,
                                             std::vector<Enumeration> enumerations) {
    for (Enumeration& enumeration : enumerations) {
        enumeration.values =
            TRY(read_all(transaction,
                         "select code, label, is_default, is_active, valid_for from koppla_enumeration_value"
                         " where account = $1 and object = $2 and field = $3 order by position",
                         {std::string_view{enumeration.account}, std::string_view{enumeration.object},
                          std::string_view{enumeration.field}},
                         [](const db::Cursor& row) -> Result<model::EnumerationValue> {
                             return model::EnumerationValue{.code = text_at(row, 0),
                                                            .label = text_at(row, 1),
                                                            .is_default = row.integer(2) != 0,
                                                            .is_active = row.integer(3) != 0,
                                                            .valid_for = text_at(row, 4)};
                         }));
    }
    return enumerations;
}

}  // namespace

Result<void> Schemas::put(const RecordedSchema& recorded, std::string_view source) {
    const std::string definition = model::to_json(recorded.schema);
    const std::string recorded_at = format_instant(recorded.recorded_at);
    auto done = transaction_.execute(
        "insert into koppla_schema (account, object, local_table, label, definition, source, recorded_at)"
        " values ($1, $2, $3, $4, $5, $6, $7) on conflict (account, object) do update set"
        " local_table = excluded.local_table, label = excluded.label, definition = excluded.definition,"
        " source = excluded.source, recorded_at = excluded.recorded_at",
        {std::string_view{recorded.account}, std::string_view{recorded.schema.name},
         std::string_view{recorded.schema.local_table}, std::string_view{recorded.schema.label},
         std::string_view{definition}, source, std::string_view{recorded_at}});
    if (done) return {};
    return std::move(done).error().with_context(
        fmt::format("recording the schema of {} in account '{}'", recorded.schema.name, recorded.account));
}

Result<RecordedSchema> Schemas::find(std::string_view account, std::string_view object) {
    auto found = TRY(read_first(transaction_,
                                "select account, definition, recorded_at from koppla_schema"
                                " where account = $1 and lower(object) = lower($2)",
                                {account, object}, recorded_of));
    if (!found) return unknown(account, object);
    return std::move(*found);
}

Result<std::vector<RecordedSchema>> Schemas::list(std::string_view account) {
    return read_all(
        transaction_,
        "select account, definition, recorded_at from koppla_schema where account = $1 order by object",
        {account}, recorded_of);
}

Result<std::string> Schemas::source(std::string_view account, std::string_view object) {
    auto source = TRY(read_first(
        transaction_, "select source from koppla_schema where account = $1 and lower(object) = lower($2)",
        {account, object}, [](const db::Cursor& row) -> Result<std::string> { return text_at(row, 0); }));
    if (!source) return unknown(account, object);
    return std::move(*source);
}

Result<void> Schemas::remove(std::string_view account, std::string_view object) {
    const auto removed = TRY(transaction_.execute(
        "delete from koppla_schema where account = $1 and lower(object) = lower($2)", {account, object}));
    if (removed == 0) return unknown(account, object);
    return Enumerations{transaction_}.remove(account, object);
}

Result<void> Schemas::forget_versions(std::string_view account) {
    for (RecordedSchema& recorded : TRY(list(account))) {
        const std::string said = TRY(source(account, recorded.schema.name));
        recorded.schema.version.clear();
        TRY(put(recorded, said));
    }
    return {};
}

Result<void> Enumerations::put(const Enumeration& enumeration) {
    const std::string_view account = enumeration.account;
    const std::string_view object = enumeration.object;
    const std::string_view field = enumeration.field;
    TRY(transaction_.execute(
        "delete from koppla_enumeration where account = $1 and object = $2 and field = $3",
        {account, object, field}));
    TRY(transaction_.execute(
        "insert into koppla_enumeration (account, object, field, label) values ($1, $2, $3, $4)",
        {account, object, field, std::string_view{enumeration.label}}));
    std::int64_t position = 0;
    for (const model::EnumerationValue& value : enumeration.values) {
        TRY(transaction_.execute(
            "insert into koppla_enumeration_value"
            " (account, object, field, position, code, label, is_default, is_active, valid_for)"
            " values ($1, $2, $3, $4, $5, $6, $7, $8, $9)",
            {account, object, field, ++position, std::string_view{value.code}, std::string_view{value.label},
             std::int64_t{value.is_default}, std::int64_t{value.is_active},
             std::string_view{value.valid_for}}));
    }
    return {};
}

Result<std::vector<Enumeration>> Enumerations::list(std::string_view account) {
    return with_values(transaction_,
                       TRY(read_all(transaction_,
                                    "select account, object, field, label from koppla_enumeration"
                                    " where account = $1 order by object, field",
                                    {account}, enumeration_of)));
}

Result<std::vector<Enumeration>> Enumerations::list(std::string_view account, std::string_view object) {
    return with_values(transaction_,
                       TRY(read_all(transaction_,
                                    "select account, object, field, label from koppla_enumeration"
                                    " where account = $1 and lower(object) = lower($2) order by field",
                                    {account, object}, enumeration_of)));
}

Result<void> Enumerations::remove(std::string_view account, std::string_view object) {
    TRY(transaction_.execute(
        "delete from koppla_enumeration where account = $1 and lower(object) = lower($2)",
        {account, object}));
    return {};
}

}  // namespace koppla
