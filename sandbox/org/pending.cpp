#include "sandbox/org/pending.h"

#include <algorithm>
#include <type_traits>
#include <vector>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

namespace koppla::sandbox {

namespace {

using nlohmann::json;

std::string_view code(Pending::Kind kind) {
    switch (kind) {
        case Pending::Kind::insert:
            return "insert";
        case Pending::Kind::update:
            return "update";
        default:
            return "erase";
    }
}

std::string text_of(const Values& values) {
    json object = json::object();
    for (const auto& [name, value] : values) {
        std::visit(
            [&, &key = name](const auto& held) {
                if constexpr (std::is_same_v<std::decay_t<decltype(held)>, std::monostate>) {
                    object[key] = nullptr;
                } else {
                    object[key] = held;
                }
            },
            value);
    }
    return object.dump();
}

Values values_of(std::string_view text) {
    Values values;
    const json object = json::parse(text);
    for (const auto& [name, value] : object.items()) {
        if (value.is_string()) {
            values[name] = value.get<std::string>();
        } else if (value.is_number_integer()) {
            values[name] = value.get<std::int64_t>();
        } else if (value.is_number()) {
            values[name] = value.get<double>();
        } else {
            values[name] = Value{};
        }
    }
    return values;
}

bool is_delete(std::string_view kind, const Values& values) {
    const auto deleted = values.find("IsDeleted");
    return kind == "erase" || (deleted != values.end() && deleted->second == Value{std::int64_t{1}});
}

}  // namespace

Result<bool> Pending::is_empty() {
    if (!is_empty_) {
        const auto cursor = TRY(transaction_.query("SELECT 1 FROM sandbox_pending LIMIT 1"));
        is_empty_ = !TRY(cursor->next());
    }
    return *is_empty_;
}

Result<std::optional<Pending::Record>> Pending::record(std::string_view id) {
    if (TRY(is_empty())) return std::optional<Record>{};
    const auto cursor = TRY(
        transaction_.query("SELECT due, kind, fields FROM sandbox_pending WHERE id = $1 ORDER BY seq", {id}));
    std::optional<Record> record;
    while (TRY(cursor->next())) {
        if (!record) record.emplace();
        record->due_ms = std::max(record->due_ms, cursor->integer(0));
        const std::string_view kind = cursor->text(1);
        record->is_inserted = record->is_inserted || kind == "insert";
        auto values = values_of(cursor->text(2));
        record->is_deleted = record->is_deleted || is_delete(kind, values);
        for (auto& [name, value] : values) record->values[name] = std::move(value);
    }
    return record;
}

Result<std::optional<std::string>> Pending::holder(const Object& object, const Field& field,
                                                   std::string_view value) {
    if (TRY(is_empty())) return std::optional<std::string>{};
    const auto cursor =
        TRY(transaction_.query("SELECT id FROM sandbox_pending_key WHERE value = $1 AND object = $2 AND "
                               "field = $3 ORDER BY seq DESC",
                               {value, std::string_view{object.name()}, std::string_view{field.name}}));
    if (!TRY(cursor->next())) return std::optional<std::string>{};
    return std::optional<std::string>{cursor->text(0)};
}

Result<void> Pending::add(Kind kind, const Object& object, std::string_view id, const Values& values,
                          std::int64_t due_ms) {
    is_empty_ = false;
    const std::string fields = text_of(values);
    TRY(transaction_.execute(
        "INSERT INTO sandbox_pending (object, id, due, kind, fields) VALUES ($1, $2, $3, $4, $5)",
        {std::string_view{object.name()}, id, due_ms, code(kind), std::string_view{fields}}));
    for (const auto& [name, value] : values) {
        const auto* text = std::get_if<std::string>(&value);
        const Field* field = object.find(name);
        if (text == nullptr || field == nullptr || !field->unique || field->is_id()) continue;
        TRY(transaction_.execute(
            "INSERT INTO sandbox_pending_key (seq, object, field, value, id)"
            " VALUES ((SELECT max(seq) FROM sandbox_pending), $1, $2, $3, $4)",
            {std::string_view{object.name()}, std::string_view{name}, std::string_view{*text}, id}));
    }
    return {};
}

Result<std::optional<std::string>> Pending::oldest_stamp(const Object& object) {
    const auto cursor = TRY(transaction_.query(
        "SELECT min(json_extract(fields, '$.SystemModstamp')) FROM sandbox_pending WHERE object = $1",
        {std::string_view{object.name()}}));
    if (!TRY(cursor->next()) || cursor->is_null(0)) return std::optional<std::string>{};
    return std::optional<std::string>{cursor->text(0)};
}

Result<std::int64_t> Pending::count() {
    const auto cursor = TRY(transaction_.query("SELECT count(*) FROM sandbox_pending"));
    TRY(cursor->next());
    return cursor->integer(0);
}

Result<std::optional<std::int64_t>> Pending::next_due_ms() {
    const auto cursor = TRY(transaction_.query("SELECT min(due) FROM sandbox_pending"));
    if (!TRY(cursor->next()) || cursor->is_null(0)) return std::optional<std::int64_t>{};
    return std::optional{cursor->integer(0)};
}

Result<void> Pending::apply(std::int64_t until_ms) {
    struct Due {
        std::string object;
        std::string id;
        std::string kind;
        Values values;
    };
    std::vector<Due> due;
    {
        const auto cursor = TRY(transaction_.query(
            "SELECT object, id, kind, fields FROM sandbox_pending WHERE due <= $1 ORDER BY due, seq",
            {until_ms}));
        while (TRY(cursor->next())) {
            due.push_back(Due{.object = std::string{cursor->text(0)},
                              .id = std::string{cursor->text(1)},
                              .kind = std::string{cursor->text(2)},
                              .values = values_of(cursor->text(3))});
        }
    }
    State state{transaction_};
    for (const Due& change : due) {
        const Object* object = catalog_.find(change.object);
        if (object == nullptr) {
            return error(ErrorKind::corrupt,
                         fmt::format("a late change is of {}, which the state doesn't have", change.object));
        }
        if (change.kind == "insert") {
            TRY(state.insert(*object, change.values));
        } else if (change.kind == "update") {
            TRY(state.update(*object, change.id, change.values));
        } else {
            TRY(state.erase(*object, change.id));
        }
    }
    TRY(
        transaction_.execute("DELETE FROM sandbox_pending_key WHERE seq IN"
                             " (SELECT seq FROM sandbox_pending WHERE due <= $1)",
                             {until_ms}));
    TRY(transaction_.execute("DELETE FROM sandbox_pending WHERE due <= $1", {until_ms}));
    return {};
}

}  // namespace koppla::sandbox
