#include "sandbox/odata/rows/plan.h"

#include "sandbox/odata/failure.h"
#include "sandbox/web/json_text.h"

#include <algorithm>
#include <utility>

#include <fmt/format.h>

namespace koppla::sandbox::odata {
namespace {

using dynamics::Attribute;
using dynamics::AttributeType;

using dynamics::Storage;
using dynamics::Table;

constexpr std::size_t expansions_max = 15;
constexpr std::string_view formatted_value = "OData.Community.Display.V1.FormattedValue";
constexpr std::string_view target_name = "Microsoft.Dynamics.CRM.lookuplogicalname";
constexpr std::string_view navigation_name = "Microsoft.Dynamics.CRM.associatednavigationproperty";

std::string json_text(std::string_view text) {
    std::string out;
    append_json_text(out, text);
    return out;
}

Step::Kind kind_of(const Attribute& attribute) {
    if (attribute.is_lookup()) return Step::Kind::lookup;
    if (attribute.type == AttributeType::boolean) return Step::Kind::boolean;
    switch (attribute.storage()) {
        case Storage::guid:
        case Storage::date:
        case Storage::instant:
            return Step::Kind::verbatim;
        case Storage::integer:
            return Step::Kind::integer;
        case Storage::scaled:
            return Step::Kind::scaled;
        case Storage::real:
            return Step::Kind::real;
        default:
            return Step::Kind::text;
    }
}

Step::Format format_of(const Attribute& attribute) {
    if (attribute.is_lookup()) return Step::Format::name;
    if (attribute.is_choice() || attribute.type == AttributeType::boolean) return Step::Format::label;
    switch (attribute.type) {
        case AttributeType::multi_select:
            return Step::Format::labels;
        case AttributeType::money:
            return Step::Format::money;
        case AttributeType::integer:
        case AttributeType::big_int:
        case AttributeType::decimal:
        case AttributeType::real:
            return Step::Format::number;
        case AttributeType::date_time:
            return attribute.date_format == dynamics::DateFormat::date_only ? Step::Format::date
                                                                            : Step::Format::time;
        default:
            return Step::Format::none;
    }
}

/// Adds the attributes that come along with others.
class Members {
  public:
    explicit Members(const Table& table) : table_{table} {}

    Result<std::vector<const Attribute*>> of(const std::vector<std::string>& select) {
        if (select.empty() || std::ranges::find(select, "*") != select.end()) {
            for (const auto& attribute : table_.attributes())
                if (attribute.is_on_wire()) add(attribute);
            return std::move(list_);
        }
        for (const auto& name : select) {
            const auto* attribute = table_.find_property(name);
            if (attribute == nullptr) return unknown_property(name, table_.name());
            add(*attribute);
            if (attribute->type == AttributeType::money) add_named("transactioncurrencyid");
            if (attribute->name.starts_with("address") && attribute->name.find('_') == 8)
                add_named(attribute->name.substr(0, 9) + "composite");
        }
        add_named(table_.primary_id());
        return std::move(list_);
    }

  private:
    void add(const Attribute& attribute) {
        if (std::ranges::find(list_, &attribute) == list_.end()) list_.push_back(&attribute);
    }
    void add_named(const std::string& name) {
        const auto* attribute = table_.find(name);
        if (attribute != nullptr && attribute->is_on_wire()) add(*attribute);
    }

    const Table& table_;
    std::vector<const Attribute*> list_;
};

class Planner {
  public:
    explicit Planner(const dynamics::Preferences& preferences)
        : has_formats_{preferences.annotates(formatted_value)},
          has_targets_{preferences.annotates(target_name)},
          has_navigation_{preferences.annotates(navigation_name)} {}

    /// Members of one row, and of those that are expanded in it; the context's part in brackets.
    Result<std::string> add_row(const Place& place, const std::vector<std::string>& select,
                                const std::vector<Expansion>& expand) {
        const auto members = TRY(Members{place.table}.of(select));
        for (const auto* member : members) add_member(place, *member);
        std::string context;
        for (const auto& name : select) context += (context.empty() ? "" : ",") + name;
        for (const auto& expansion : expand)
            context += (context.empty() ? "" : ",") + TRY(add_expansion(place, expansion));
        return context.empty() ? std::string{} : "(" + context + ")";
    }

    Plan plan{};

  private:
    int add_column(std::string sql) {
        plan.columns.push_back(std::move(sql));
        return static_cast<int>(plan.columns.size()) - 1;
    }

    void add_member(const Place& place, const Attribute& attribute) {
        const auto name = attribute.wire_name();
        Step step{.kind = kind_of(attribute),
                  .column = add_column(place.column(attribute.name)),
                  .scale = attribute.scale,
                  .precision = attribute.precision,
                  .lead = lead(name)};
        if (has_formats_) add_format(place, attribute, step);
        if (attribute.is_lookup()) add_targets(place, attribute, step);
        plan.steps.push_back(std::move(step));
    }

    /// ,"name":  but without the comma at the beginning of an object.
    std::string lead(std::string_view name) {
        const bool is_first = !plan.steps.empty() && plan.steps.back().kind == Step::Kind::object_begin;
        return fmt::format("{}\"{}\":", is_first ? "" : ",", name);
    }

    void add_format(const Place& place, const Attribute& attribute, Step& step) {
        step.format = format_of(attribute);
        if (step.format == Step::Format::none) return;
        step.format_lead = fmt::format(",\"{}@{}\":", attribute.wire_name(), formatted_value);
        if (step.format == Step::Format::name)
            step.format_column = add_column(name_of_target(place, attribute));
        if (step.format == Step::Format::money) step.format_column = add_column(currency_symbol(place));
        for (const auto& option : attribute.options.options)
            step.labels.emplace(option.value,
                                step.format == Step::Format::labels ? option.label : json_text(option.label));
    }

    static std::string currency_symbol(const Place& place) {
        const auto* currency = place.catalog.find("transactioncurrency");
        if (currency == nullptr || !currency->has("currencysymbol") ||
            !place.table.has("transactioncurrencyid"))
            return "'$'";
        return fmt::format("(SELECT \"currencysymbol\" FROM {} WHERE {} = {})", table_sql(*currency),
                           dynamics::quoted(currency->primary_id()), place.column("transactioncurrencyid"));
    }

    void add_targets(const Place& place, const Attribute& attribute, Step& step) {
        if (!has_targets_ && !has_navigation_) return;
        const auto name = attribute.wire_name();
        const bool has_several = !attribute.type_column.empty();
        if (has_several) step.type_column = add_column(place.column(attribute.type_column));
        for (const auto& target : attribute.targets) {
            std::string text;
            const auto* way = place.catalog.navigation_of(place.table, attribute, target);
            if (has_navigation_ && way != nullptr)
                text += fmt::format(",\"{}@{}\":\"{}\"", name, navigation_name, way->navigation);
            if (has_targets_) text += fmt::format(",\"{}@{}\":\"{}\"", name, target_name, target);
            step.targets.emplace(has_several ? target : "", std::move(text));
        }
    }

    Result<std::string> add_expansion(const Place& place, const Expansion& expansion) {
        if (++expansions_ > expansions_max) return bad_query("More than 15 $expand options were given.");
        const auto& name = expansion.navigation;
        const auto* way = place.catalog.find_navigation(place.table, name);
        const auto* target = way == nullptr ? nullptr : place.catalog.find(way->referenced);
        if (target == nullptr && place.catalog.find_collection(place.table, name) != nullptr)
            return bad_query("Expansion of the collection-valued navigation property '" + name +
                             "' is not supported by this sandbox; query the table by its lookup.");
        if (target == nullptr) return unknown_property(name, place.table.name());
        if (!expansion.further.empty())
            return bad_query(
                "Only $select and $filter clause can be provided while doing $expand on "
                "many-to-one relationship or nested one-to-many relationship.");
        const Place inner{.catalog = place.catalog, .table = *target, .alias = place.alias + "_" + name};
        plan.joins += fmt::format(" LEFT JOIN {} AS {} ON {}", table_sql(*target),
                                  dynamics::quoted(inner.alias), link(place, inner, *way));
        const auto begin = plan.steps.size();
        plan.steps.push_back(Step{.kind = Step::Kind::object_begin,
                                  .column = add_column(inner.column(target->primary_id())),
                                  .lead = fmt::format(",\"{}\":", name)});
        const auto context = TRY(add_row(inner, expansion.select, expansion.expand));
        plan.steps.push_back(Step{.kind = Step::Kind::object_end});
        plan.steps[begin].skip = plan.steps.size() - 1 - begin;
        return name + (context.empty() ? "()" : context);
    }

    bool has_formats_;
    bool has_targets_;
    bool has_navigation_;
    std::size_t expansions_ = 0;
};

}  // namespace

Result<Plan> make_plan(const Place& place, const std::vector<std::string>& select,
                       const std::vector<Expansion>& expand, const dynamics::Preferences& preferences) {
    Planner planner{preferences};
    planner.plan.columns.push_back(place.column(dynamics::version_column));
    auto context = TRY(planner.add_row(place, select, expand));
    planner.plan.context = std::move(context);
    return std::move(planner.plan);
}

}  // namespace koppla::sandbox::odata
