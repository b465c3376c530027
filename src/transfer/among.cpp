#include "transfer/among.h"

#include <algorithm>

namespace koppla {

namespace {

// So many ids and the fields of a wide object fit in one address.
constexpr std::size_t values_of_a_condition = 400;

}  // namespace

std::vector<model::Filter> among(std::string_view field, std::span<const std::string> values) {
    std::vector<model::Filter> conditions;
    while (!values.empty()) {
        const auto some = values.first(std::min(values.size(), values_of_a_condition));
        values = values.subspan(some.size());
        model::Filter condition{
            .form = model::Filter::Form::comparison, .field = std::string{field}, .op = model::Operator::in};
        for (const std::string& value : some) condition.values.push_back({.text = value});
        conditions.push_back(std::move(condition));
    }
    return conditions;
}

}  // namespace koppla
