#include "sandbox/salesforce/locks.h"

#include "sandbox/content/chance.h"
#include "sandbox/org/identifier.h"
#include "sandbox/org/object.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <utility>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

namespace koppla::sandbox {
namespace {

/// The parent's key and value of {"ExtKey__c":"A1"}, or of an id.
std::string key_of(const Field& field, const nlohmann::json& value) {
    if (value.is_string()) return parent_key(field, {}, value.get_ref<const std::string&>());
    if (!value.is_object()) return {};
    for (const auto& [key, of_parent] : value.items())
        if (of_parent.is_string()) return parent_key(field, key, of_parent.get_ref<const std::string&>());
    return {};
}

}  // namespace

void Locks::set(const LockSettings& settings) {
    state_.with([&](State& state) {
        state.figures = {.settings = settings};
        state.drawn = 0;
    });
}

Locks::Figures Locks::figures() {
    return state_.with([](State& state) { return state.figures; });
}

void Locks::take(const ParentCounts& parents) {
    state_.with([&](State& state) {
        for (const auto& [parent, count] : parents) state.held[parent] += count;
    });
}

void Locks::release(const ParentCounts& parents) {
    state_.with([&](State& state) {
        for (const auto& [parent, count] : parents) {
            const auto held = state.held.find(parent);
            if ((held->second -= count) <= 0) state.held.erase(held);
        }
    });
}

bool Locks::is_taken(const std::string& parent, std::uint64_t draw) {
    return state_.with([&](State& state) {
        const auto held = state.held.find(parent);
        const auto others = held == state.held.end() ? 0 : held->second - 1;
        if (others <= 0) return false;
        const auto likely = 1 - std::pow(1 - state.figures.settings.share, static_cast<double>(others));
        const auto chance = mixed(state.figures.settings.seed ^ mixed(draw ^ hash_of(parent)));
        return static_cast<double>(chance >> 11U) * 0x1p-53 < likely;
    });
}

std::uint64_t Locks::next_draw() {
    return state_.with([](State& state) { return ++state.drawn; });
}

void Locks::count_served(By by, std::int64_t rows) {
    state_.with([&](State& state) {
        (by == By::bulk ? state.figures.served_bulk : state.figures.served_requests) += rows;
    });
}

bool takes_parent(const Field& field) {
    static constexpr std::array<std::string_view, 6> never{"User",    "Group",    "RecordType",
                                                           "Profile", "UserRole", "Organization"};
    return field.is_reference() && !field.reference_to.empty() &&
           std::ranges::none_of(field.reference_to, [](const std::string& target) {
               return std::ranges::find(never, target) != never.end();
           });
}

std::string parent_key(const Field& reference, std::string_view key, std::string_view value) {
    if (value.empty()) return {};
    if (!key.empty()) return fmt::format("{}:{}={}", reference.name, key, value);
    return fmt::format("{}={}", reference.name, normal_id(value).value_or(std::string{value}));
}

std::vector<std::string> parent_keys(const Object& object, const nlohmann::json& record) {
    std::vector<std::string> keys;
    for (const auto& [name, value] : record.items()) {
        const auto* field = object.find(name);
        if (field == nullptr) field = object.find_relationship(name);
        if (field == nullptr || !takes_parent(*field)) continue;
        if (auto key = key_of(*field, value); !key.empty()) keys.push_back(std::move(key));
    }
    return keys;
}

RowError lock_error(std::int64_t rows, const std::vector<std::string>& parents) {
    std::vector<std::string_view> ids;
    ids.reserve(parents.size());
    for (const auto& parent : parents) ids.push_back(std::string_view{parent}.substr(parent.find('=') + 1));
    return {.status_code = "UNABLE_TO_LOCK_ROW",
            .message = fmt::format("unable to obtain exclusive access to this record or {} records: {}", rows,
                                   fmt::join(ids, ",")),
            .fields = {}};
}

}  // namespace koppla::sandbox
