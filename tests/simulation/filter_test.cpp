#include "model/filter/filter.h"

#include "base/ascii.h"
#include "crm/salesforce/filter_soql.h"
#include "crm/salesforce/metadata.h"
#include "crm/salesforce/test/plain_csv.h"
#include "sandbox/org/org.h"
#include "simulation/world.h"

#include <algorithm>
#include <charconv>
#include <map>
#include <set>

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

namespace koppla::simulation {
namespace {

using model::FieldSchema;
using model::Filter;
using model::FilterValue;
using model::Kind;
using model::Operator;
using Record = std::map<std::string, std::string>;  ///< an empty value is null, as in the bulk dialect

double number_of(const std::string& text) {
    double number = 0;
    std::from_chars(text.data(), text.data() + text.size(), number);
    return number;
}

std::vector<std::string> codes_of(std::string_view text) {
    std::vector<std::string> codes;
    while (!text.empty()) {
        const auto end = std::min(text.find(';'), text.size());
        codes.emplace_back(text.substr(0, end));
        text.remove_prefix(std::min(text.size(), end + 1));
    }
    return codes;
}

/// A filter, evaluated plainly and by what Salesforce documents: comparisons of texts don't heed case, empty
/// text is null, and null has no order. [Salesforce: SOQL and SOSL Reference, WHERE]
class Plain {
  public:
    Plain(const model::ObjectSchema& schema, const Record& record, Instant now)
        : schema_{schema}, record_{record}, now_{now} {}

    [[nodiscard]] bool holds(const Filter& filter) const {
        const auto part_holds = [&](const Filter& part) { return holds(part); };
        switch (filter.form) {
            case Filter::Form::all:
                return std::ranges::all_of(filter.parts, part_holds);
            case Filter::Form::any:
                return std::ranges::any_of(filter.parts, part_holds);
            case Filter::Form::negation:
                return !holds(filter.parts.front());
            case Filter::Form::comparison:
                break;
        }
        const FieldSchema& field = *schema_.find(filter.field);
        return compares(filter, field.type.kind, record_.at(field.name));
    }

  private:
    [[nodiscard]] bool compares(const Filter& filter, Kind kind, const std::string& value) const {
        switch (filter.op) {
            case Operator::is:
                return equals(kind, value, filter.values.front());
            case Operator::is_not:
                return !equals(kind, value, filter.values.front());
            case Operator::in:
                return is_among(filter, kind, value);
            case Operator::not_in:
                return !is_among(filter, kind, value);
            case Operator::is_empty:
                return value.empty();
            case Operator::is_not_empty:
                return !value.empty();
            case Operator::contains:
                if (kind == Kind::enumerations) return is_selected(value, filter.values.front());
                return !value.empty() &&
                       lower(value).find(lower(filter.values.front().text)) != std::string::npos;
            case Operator::starts_with:
                return !value.empty() && lower(value).starts_with(lower(filter.values.front().text));
            default:
                return has_order(filter, kind, value);
        }
    }

    [[nodiscard]] bool is_among(const Filter& filter, Kind kind, const std::string& value) const {
        return std::ranges::any_of(filter.values, [&](const FilterValue& each) {
            return kind == Kind::enumerations ? is_selected(value, each) : equals(kind, value, each);
        });
    }

    static bool is_selected(const std::string& value, const FilterValue& code) {
        const auto codes = codes_of(value);
        return std::ranges::find(codes, code.text) != codes.end();
    }

    [[nodiscard]] bool equals(Kind kind, const std::string& value, const FilterValue& wanted) const {
        const std::string other = written_as(kind, wanted);
        if (value.empty() || other.empty()) return value.empty() && other.empty();
        if (kind == Kind::identifier || kind == Kind::reference)
            return value.substr(0, 15) == other.substr(0, 15);
        return order(kind, value, other) == 0;
    }

    [[nodiscard]] bool has_order(const Filter& filter, Kind kind, const std::string& value) const {
        const std::string other = written_as(kind, filter.values.front());
        if (value.empty() || other.empty()) return false;
        const int sign = order(kind, value, other);
        switch (filter.op) {
            case Operator::less:
                return sign < 0;
            case Operator::at_most:
                return sign <= 0;
            case Operator::greater:
                return sign > 0;
            default:
                return sign >= 0;
        }
    }

    static int order(Kind kind, const std::string& a, const std::string& b) {
        if (kind == Kind::integer || kind == Kind::decimal) {
            const double difference = number_of(a) - number_of(b);
            return difference < 0 ? -1 : difference > 0 ? 1 : 0;
        }
        return lower(a).compare(lower(b));
    }

    /// The value as a record of this kind has it.
    [[nodiscard]] std::string written_as(Kind kind, const FilterValue& value) const {
        if (kind != Kind::date && kind != Kind::instant) return value.text;
        std::string text = value.text;
        if (value.kind == FilterValue::Kind::relative) text = format_instant(value.relative.at(now_));
        if (kind == Kind::date) return text.substr(0, 10);
        return text.size() == 10 ? text + "T00:00:00.000Z" : text;
    }

    const model::ObjectSchema& schema_;
    const Record& record_;
    const Instant now_;
};

/// An object of an org and all of its records.
class Subject {
  public:
    explicit Subject(std::string_view object) : org_{templates_.org(folder_, 90), clock_} {
        const auto schema = salesforce::object_schema(org_.org().find(object)->describe_json());
        if (!schema) throw std::runtime_error{schema.error().message};
        schema_ = *schema;
        std::erase_if(schema_.fields, [](const FieldSchema& field) { return !field.is_filterable; });
        read_records();
    }

    [[nodiscard]] const model::ObjectSchema& schema() const { return schema_; }
    [[nodiscard]] Instant now() const { return clock_.now(); }

    /// Ids of the records for which the filter holds.
    [[nodiscard]] std::set<std::string> by_hand(const Filter& filter) const {
        std::set<std::string> ids;
        for (const Record& record : records_)
            if (Plain{schema_, record, now()}.holds(filter)) ids.insert(record.at("Id"));
        return ids;
    }
    [[nodiscard]] Result<std::set<std::string>> by_soql(const Filter& filter) {
        const std::string condition = TRY(salesforce::soql_condition(filter, schema_, now()));
        std::set<std::string> ids;
        for (const Record& record : TRY(select("Id", " WHERE " + condition))) ids.insert(record.at("Id"));
        return ids;
    }
    /// A value that some record has in this field, or none.
    [[nodiscard]] std::string some_value(const std::string& field, std::size_t n) const {
        return records_[n % records_.size()].at(field);
    }

  private:
    Result<std::vector<Record>> select(const std::string& fields, const std::string& where) {
        const auto source =
            TRY(org_.org().export_csv(fmt::format("SELECT {} FROM {}{}", fields, schema_.name, where), {}));
        std::string text = source->header();
        while (TRY(source->next(text, 1'000)) > 0) continue;
        const auto rows = salesforce::test::plain_csv(text);
        if (!rows) return error(ErrorKind::corrupt, "the sandbox's own CSV is malformed");
        std::vector<Record> records;
        for (std::size_t row = 1; row < rows->size(); ++row) {
            records.emplace_back();
            for (std::size_t i = 0; i < rows->front().size(); ++i)
                records.back().emplace(rows->front()[i], (*rows)[row][i]);
        }
        return records;
    }

    void read_records() {
        std::vector<std::string_view> names;
        for (const FieldSchema& field : schema_.fields) names.emplace_back(field.name);
        auto records = select(fmt::format("{}", fmt::join(names, ",")), "");
        if (!records) throw std::runtime_error{records.error().message};
        records_ = std::move(*records);
    }

    Templates templates_;
    TemporaryFolder folder_;
    SimulatedClock clock_;
    SandboxOrg org_;
    model::ObjectSchema schema_;
    std::vector<Record> records_;
};

Subject& subject(std::string_view object) {
    static Subject contacts{"Contact"};
    static Subject accounts{"Account"};
    return object == "Contact" ? contacts : accounts;
}

template <class T>
T drawn(std::initializer_list<T> values) {
    return *rc::gen::elementOf(std::vector<T>{values});
}

FilterValue relative_moment() {
    using Moment = model::RelativeMoment;
    Moment moment{.base = drawn({Moment::Base::now, Moment::Base::today}),
                  .amount = *rc::gen::inRange(-40, 40),
                  .unit = drawn({Moment::Unit::minutes, Moment::Unit::hours, Moment::Unit::days,
                                 Moment::Unit::weeks, Moment::Unit::months, Moment::Unit::years})};
    if (moment.amount == 0) moment.unit = Moment::Unit::days;
    return {.kind = FilterValue::Kind::relative, .relative = moment};
}

/// The first half, in whole characters.
std::string half(const std::string& value) {
    auto size = value.size() / 2;
    while (size > 0 && (static_cast<unsigned char>(value[size]) & 0xC0U) == 0x80U) --size;
    return value.substr(0, size);
}

std::string some_text(const std::string& value) {
    switch (*rc::gen::inRange(0, 6)) {
        case 0:
            return drawn<std::string>(
                {"", "%", "_", "a", "\\", "'", "\"", "O'Brien", "100%", "a_b", "\n", "😀", "null", "ÄÖ"});
        case 1:
            return half(value);
        case 2:
            return lower(value);
        case 3:
            return value + "%";
        default:
            return value;
    }
}

/// A value that fits the field, most often one that a record has.
FilterValue some_value(const Subject& subject, const FieldSchema& field) {
    using ValueKind = FilterValue::Kind;
    const std::string value = subject.some_value(field.name, *rc::gen::inRange<std::size_t>(0, 90));
    switch (field.type.kind) {
        case Kind::boolean:
            return {.kind = ValueKind::boolean, .text = drawn<std::string>({"true", "false"})};
        case Kind::integer:
        case Kind::decimal: {
            const auto plain = model::parse_filter("a is " + (value.empty() ? "0" : value));
            return plain->values.front();
        }
        case Kind::date:
        case Kind::instant:
            if (value.empty() || *rc::gen::inRange(0, 4) == 0) return relative_moment();
            if (field.type.kind == Kind::date || *rc::gen::inRange(0, 3) == 0)
                return {.kind = ValueKind::date, .text = value.substr(0, 10)};
            return {.kind = ValueKind::instant, .text = value};
        case Kind::identifier:
        case Kind::reference:
            return {.text = value.substr(0, drawn<std::size_t>({15, 18}))};
        case Kind::time:
            return {.text = value.empty() ? "13:00:00.000Z" : value};
        case Kind::enumerations: {
            const auto codes = codes_of(value);
            return {.text = codes.empty() ? "Music" : codes[*rc::gen::inRange<std::size_t>(0, codes.size())]};
        }
        default:
            return {.text = some_text(value)};
    }
}

Operator some_operator(Kind kind) {
    switch (kind) {
        case Kind::boolean:
            return drawn({Operator::is, Operator::is_not, Operator::in, Operator::not_in});
        case Kind::identifier:
        case Kind::reference:
            return drawn({Operator::is, Operator::is_not, Operator::in, Operator::not_in, Operator::is_empty,
                          Operator::is_not_empty});
        case Kind::enumerations:
            return drawn({Operator::is, Operator::is_not, Operator::in, Operator::not_in, Operator::contains,
                          Operator::is_empty, Operator::is_not_empty});
        case Kind::text:
        case Kind::enumeration:
            return drawn({Operator::is, Operator::is_not, Operator::less, Operator::at_most,
                          Operator::greater, Operator::at_least, Operator::in, Operator::not_in,
                          Operator::contains, Operator::starts_with, Operator::is_empty,
                          Operator::is_not_empty});
        default:
            return drawn({Operator::is, Operator::is_not, Operator::less, Operator::at_most,
                          Operator::greater, Operator::at_least, Operator::in, Operator::not_in,
                          Operator::is_empty, Operator::is_not_empty});
    }
}

Filter some_comparison(const Subject& subject) {
    const auto& fields = subject.schema().fields;
    const FieldSchema& field = fields[*rc::gen::inRange<std::size_t>(0, fields.size())];
    Filter filter{.form = Filter::Form::comparison,
                  .parts = {},
                  .field = *rc::gen::inRange(0, 5) == 0 ? lower(field.name) : field.name,
                  .op = some_operator(field.type.kind)};
    const bool is_list = filter.op == Operator::in || filter.op == Operator::not_in;
    if (filter.op == Operator::is_empty || filter.op == Operator::is_not_empty) return filter;
    const auto values = is_list ? *rc::gen::inRange(1, 5) : 1;
    for (int i = 0; i < values; ++i) filter.values.push_back(some_value(subject, field));
    return filter;
}

/// Joined conditions are of two parts or more, as they are written.
Filter some_filter(const Subject& subject, int depth) {
    const int form = depth == 0 ? 9 : *rc::gen::inRange(0, 10);
    if (form > 5) return some_comparison(subject);
    Filter filter{.form = form < 2   ? Filter::Form::all
                          : form < 4 ? Filter::Form::any
                                     : Filter::Form::negation};
    const auto parts = filter.form == Filter::Form::negation ? 1 : *rc::gen::inRange(2, 4);
    for (int i = 0; i < parts; ++i) filter.parts.push_back(some_filter(subject, depth - 1));
    return filter;
}

RC_GTEST_PROP(Filters, SelectTheSameRecordsBySoqlAndByHand, ()) {
    Subject& of = subject(drawn<std::string_view>({"Contact", "Account"}));
    const Filter filter = some_filter(of, 4);
    RC_LOG() << to_text(filter) << "\n";
    const auto selected = of.by_soql(filter);
    if (!selected) RC_LOG() << selected.error().message << "\n";
    RC_ASSERT(selected.has_value());
    const auto expected = of.by_hand(filter);
    RC_LOG() << selected->size() << " selected, " << expected.size() << " expected\n";
    RC_CLASSIFY(expected.empty(), "none");
    RC_CLASSIFY(expected.size() == 90, "all");
    RC_ASSERT(*selected == expected);
}

RC_GTEST_PROP(Filters, AreReadAsTheyWereWritten, ()) {
    const Filter filter = some_filter(subject(drawn<std::string_view>({"Contact", "Account"})), 5);
    const auto read = model::parse_filter(to_text(filter));
    RC_LOG() << to_text(filter) << "\n" << (read ? "" : read.error().message) << "\n";
    RC_ASSERT(read.has_value());
    RC_ASSERT(*read == filter);
}

}  // namespace
}  // namespace koppla::simulation
