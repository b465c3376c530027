#include "sandbox/org/content/invention.h"

#include "sandbox/org/state.h"
#include "sandbox/soql/scope.h"

#include <algorithm>
#include <map>
#include <utility>

#include <fmt/format.h>

namespace koppla::sandbox {

namespace {

constexpr std::int64_t sample_ids_max = 1'000;

}  // namespace

Result<std::unique_ptr<Invention>> Invention::make(db::Transaction& transaction, const Catalog& catalog,
                                                   const Object& object, std::uint64_t seed) {
    std::unique_ptr<Invention> invention{new Invention{transaction, catalog, object, seed}};
    TRY(invention->prepare());
    return invention;
}

Result<void> Invention::prepare() {
    std::map<std::string, LinkTargets> links;
    State state{transaction_};
    for (const Field& field : object_.fields()) {
        for (const Object* target : targets_of(catalog_, field)) {
            if (links.contains(target->name())) continue;
            links.emplace(target->name(), LinkTargets{.ids = TRY(state.some_ids(*target, sample_ids_max))});
        }
    }
    // Row numbers far beyond those of the first filling: keys stay unique.
    generator_ = std::make_unique<Generator>(
        catalog_, object_,
        GeneratorOptions{
            .seed = chance_, .first_number = chance_ % 1'000, .total = 1, .links = std::move(links)});
    return {};
}

Result<std::vector<std::string>> Invention::ids(std::size_t count) {
    std::vector<std::int64_t> rows;
    const std::string live = object_.has("IsDeleted") ? " AND t.\"IsDeleted\" = 0" : "";
    const auto cursor = TRY(transaction_.query(fmt::format(
        "SELECT t.{} FROM {} t WHERE NOT EXISTS (SELECT 1 FROM sandbox_pending p WHERE p.id = t.\"Id\""
        " AND (p.kind = 'erase' OR json_extract(p.fields, '$.IsDeleted') = 1)){} ORDER BY 1",
        soql::row_column, soql::table_sql(object_), live)));
    while (TRY(cursor->next())) rows.push_back(cursor->integer(0));
    std::vector<std::string> ids;
    for (std::size_t i = 0; i < std::min(count, rows.size()); ++i) {
        chance_ = mixed(chance_);
        std::swap(rows[i], rows[i + chance_ % (rows.size() - i)]);
        const auto row = TRY(transaction_.query(
            fmt::format("SELECT \"Id\" FROM {} WHERE {} = $1", soql::table_sql(object_), soql::row_column),
            {rows[i]}));
        if (TRY(row->next())) ids.emplace_back(row->text(0));
    }
    return ids;
}

Result<Values> Invention::fresh() {
    const auto cells = generator_->row(next_row());
    Values values;
    for (std::size_t i = 0; i < cells.size(); ++i) {
        const Field& field = *generator_->fields()[i];
        if (field.createable && cells[i].is_text())
            values[field.name] = TRY(value_from_csv(field, cells[i].text()));
    }
    values.erase("OwnerId");
    return values;
}

Result<Values> Invention::edited() {
    const auto cells = generator_->row(next_row());
    std::vector<std::size_t> open;
    for (std::size_t i = 0; i < cells.size(); ++i) {
        const Field& field = *generator_->fields()[i];
        const bool is_plain = field.updateable && !field.is_id() && !field.unique && !field.external_id;
        if (is_plain && field.name != "Username" && (cells[i].is_text() || field.nillable)) open.push_back(i);
    }
    Values values;
    for (int count = 0; count < 3 && !open.empty(); ++count) {
        chance_ = mixed(chance_);
        const std::size_t i = open[chance_ % open.size()];
        const Field& field = *generator_->fields()[i];
        values[field.name] = cells[i].is_text() ? TRY(value_from_csv(field, cells[i].text())) : Value{};
    }
    return values;
}

std::uint64_t Invention::next_row() {
    return 1'000'000'000 + chance_ % 1'000'000'000 + row_++;
}

}  // namespace koppla::sandbox
