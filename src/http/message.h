#pragma once

#include <cstdint>
#include <initializer_list>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace koppla::http {

/// Header fields in the order they were given; names compare without case. [RFC 9110, 5.1]
class Headers {
  public:
    Headers() = default;
    Headers(std::initializer_list<std::pair<std::string, std::string>> fields) : fields_{fields} {}

    /// The first field of that name.
    [[nodiscard]] std::optional<std::string_view> find(std::string_view name) const;
    void add(std::string name, std::string value) { fields_.emplace_back(std::move(name), std::move(value)); }
    /// Replaces every field of that name by one.
    void set(std::string_view name, std::string value);
    [[nodiscard]] auto begin() const { return fields_.begin(); }
    [[nodiscard]] auto end() const { return fields_.end(); }

  private:
    std::vector<std::pair<std::string, std::string>> fields_;
};

class BodySource;

/// A request. A client takes an absolute https URL in `target`; a handler gets path and query, as sent.
struct Request {
    std::string method = "GET";
    std::string target;
    Headers headers{};
    std::string body{};
    BodySource* source = nullptr;  ///< makes the body while it is sent; then `body` is empty
};

/// An answer. `body` is what was kept of it: empty where a BodySink took it.
struct Response {
    int status = 0;
    Headers headers{};
    std::string body{};
};

/// "a b&c" → "a%20b%26c": everything but unreserved characters. [RFC 3986, 2.3]
std::string percent_encode(std::string_view text);
/// Also '+' to blank, as forms and query strings mean it. Bad escapes stay as they are.
std::string percent_decode(std::string_view text);

/// The parts of an absolute URL, scheme and host in lower case; an IPv6 host keeps its brackets.
struct Url {
    std::string scheme, host, path_and_query;
    std::uint16_t port = 0;  ///< the scheme's own where none is written
};
/// Nothing for what two readers could take apart differently: blanks, backslashes, user names, bytes beyond
/// ASCII. A fragment is dropped.
std::optional<Url> parse_url(std::string_view text);

/// The first value of a parameter of a query string or form body, decoded.
std::optional<std::string> form_value(std::string_view form, std::string_view name);
std::string form_body(const std::vector<std::pair<std::string, std::string>>& fields);

}  // namespace koppla::http
