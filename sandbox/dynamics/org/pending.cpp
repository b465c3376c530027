#include "sandbox/dynamics/org/pending.h"

#include <array>
#include <utility>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

namespace koppla::sandbox::dynamics {
namespace {

constexpr std::array<std::string_view, 3> kinds{"insert", "update", "erase"};

std::string text_of(const Values& values) {
    auto json = nlohmann::json::object();
    for (const auto& [name, value] : values) {
        auto& member = json[name];
        std::visit(
            [&member](const auto& held) {
                if constexpr (!std::is_same_v<std::decay_t<decltype(held)>, std::monostate>) member = held;
            },
            value);
    }
    return json.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace);
}

Values values_of(std::string_view text) {
    Values values;
    const auto json = nlohmann::json::parse(text, nullptr, false);
    if (!json.is_object()) return values;
    for (const auto& [name, member] : json.items()) {
        Value& value = values[name];
        if (member.is_string()) value = member.get<std::string>();
        if (member.is_number_integer()) value = member.get<std::int64_t>();
        if (member.is_number_float()) value = member.get<double>();
    }
    return values;
}

Pending::Kind kind_of(std::string_view name) {
    if (name == kinds[0]) return Pending::Kind::insert;
    return name == kinds[1] ? Pending::Kind::update : Pending::Kind::erase;
}

}  // namespace

Result<std::optional<Pending::Waiting>> Pending::waiting(std::string_view id) {
    const auto cursor = TRY(transaction_.query(
        "SELECT due, kind, fields FROM dynamics_pending WHERE id = $1 ORDER BY due, seq", {id}));
    std::optional<Waiting> all;
    while (TRY(cursor->next())) {
        if (!all) all.emplace();
        all->due_ms = cursor->integer(0);
        const auto kind = kind_of(cursor->text(1));
        if (kind == Kind::insert) all->is_inserted = true;
        if (kind == Kind::erase) all->is_erased = true;
        for (auto& [name, value] : values_of(cursor->text(2))) all->values[name] = std::move(value);
    }
    return all;
}

Result<std::optional<std::string>> Pending::holder(const Table& table, const Values& values) {
    const auto cursor = TRY(transaction_.query(
        "SELECT id, fields FROM dynamics_pending WHERE table_name = $1", {std::string_view{table.name()}}));
    while (TRY(cursor->next())) {
        const auto waiting = values_of(cursor->text(1));
        bool holds = true;
        for (const auto& [name, value] : values) {
            const auto found = waiting.find(name);
            holds = holds && found != waiting.end() && found->second == value;
        }
        if (holds) return std::optional<std::string>{cursor->text(0)};
    }
    return std::optional<std::string>{};
}

Result<void> Pending::add(Kind kind, const Table& table, std::string_view id, const Values& values,
                          std::int64_t version, std::int64_t now_ms, std::int64_t due_ms) {
    const auto fields = text_of(values);
    TRY(transaction_.execute(
        "INSERT INTO dynamics_pending (table_name, id, due, kind, version, time, fields)"
        " VALUES ($1, $2, $3, $4, $5, $6, $7)",
        {std::string_view{table.name()}, id, due_ms, kinds.at(static_cast<std::size_t>(kind)), version,
         now_ms, std::string_view{fields}}));
    return {};
}

Result<std::int64_t> Pending::count() {
    const auto cursor = TRY(transaction_.query("SELECT count(*) FROM dynamics_pending"));
    TRY(cursor->next());
    return cursor->integer(0);
}

Result<std::optional<std::int64_t>> Pending::oldest_version() {
    const auto cursor = TRY(transaction_.query("SELECT min(version) FROM dynamics_pending"));
    if (!TRY(cursor->next()) || cursor->is_null(0)) return std::optional<std::int64_t>{};
    return std::optional{cursor->integer(0)};
}

Result<std::optional<std::int64_t>> Pending::next_due_ms() {
    const auto cursor = TRY(transaction_.query("SELECT min(due) FROM dynamics_pending"));
    if (!TRY(cursor->next()) || cursor->is_null(0)) return std::optional<std::int64_t>{};
    return std::optional{cursor->integer(0)};
}

Result<std::vector<Pending::Due>> Pending::take(std::int64_t until_ms) {
    std::vector<Due> due;
    {
        const auto cursor =
            TRY(transaction_.query("SELECT table_name, id, kind, version, time, fields FROM dynamics_pending"
                                   " WHERE due <= $1 ORDER BY due, seq",
                                   {until_ms}));
        while (TRY(cursor->next())) {
            const auto* table = catalog_.find(cursor->text(0));
            if (table == nullptr)
                return error(
                    ErrorKind::corrupt,
                    fmt::format("a late change is of {}, which the state doesn't have", cursor->text(0)));
            due.push_back({.table = table,
                           .id = std::string{cursor->text(1)},
                           .kind = kind_of(cursor->text(2)),
                           .version = cursor->integer(3),
                           .time_ms = cursor->integer(4),
                           .values = values_of(cursor->text(5))});
        }
    }
    TRY(transaction_.execute("DELETE FROM dynamics_pending WHERE due <= $1", {until_ms}));
    return due;
}

}  // namespace koppla::sandbox::dynamics
