#include "sandbox/soql/syntax/token_reader.h"

#include "sandbox/org/object.h"

#include <charconv>

#include <fmt/format.h>

namespace koppla::sandbox::soql {

namespace {

constexpr std::size_t path_names_max = 6;  ///< five parents and the field

}  // namespace

std::string upper_case(std::string_view text) {
    std::string upper{text};
    for (char& c : upper) {
        if (c >= 'a' && c <= 'z') c = static_cast<char>(c - 'a' + 'A');
    }
    return upper;
}

bool TokenReader::is_word(std::string_view word) const {
    return now().kind == Token::Kind::word && lower_case(now().text) == word;
}

bool TokenReader::is_symbol(std::string_view symbol) const {
    return now().kind == Token::Kind::symbol && now().text == symbol;
}

bool TokenReader::is_call() const {
    if (now().kind != Token::Kind::word || at_ + 1 >= tokens_.size()) return false;
    const Token& after = tokens_[at_ + 1];
    return after.kind == Token::Kind::symbol && after.text == "(";
}

bool TokenReader::take_word(std::string_view word) {
    if (!is_word(word)) return false;
    ++at_;
    return true;
}

bool TokenReader::take_symbol(std::string_view symbol) {
    if (!is_symbol(symbol)) return false;
    ++at_;
    return true;
}

Result<void> TokenReader::expect_word(std::string_view word) {
    if (!take_word(word)) return unexpected();
    return {};
}

Result<void> TokenReader::expect_symbol(std::string_view symbol) {
    if (!take_symbol(symbol)) return unexpected();
    return {};
}

Result<std::string> TokenReader::name() {
    if (now().kind != Token::Kind::word) return unexpected();
    return tokens_[at_++].text;
}

Result<std::int64_t> TokenReader::count() {
    std::int64_t value = 0;
    const std::string& text = now().text;
    const auto read = std::from_chars(text.data(), text.data() + text.size(), value);
    const bool is_whole = read.ec == std::errc{} && read.ptr == text.data() + text.size() && value >= 0;
    if (now().kind != Token::Kind::number || !is_whole) return unexpected();
    ++at_;
    return value;
}

Result<Path> TokenReader::path() {
    Path path{.names = {}, .function = {}, .at = now().at};
    const bool is_function = is_call();
    if (is_function) {
        path.function = upper_case(TRY(name()));
        skip();
        if (take_symbol(")")) return path;
        if (is_call()) return unsupported("a function in a function");
    }
    do {
        path.names.push_back(TRY(name()));
    } while (take_symbol("."));
    if (is_function) TRY(expect_symbol(")"));
    if (path.names.size() > path_names_max) {
        return malformed(soql_, path.at, "a field path has at most five parents");
    }
    return path;
}

Error TokenReader::unexpected() const {
    return malformed_here(fmt::format("unexpected token: '{}'", is_end() ? "<EOF>" : now().text));
}

Error TokenReader::unmixed() const {
    return malformed_here(
        fmt::format("unexpected token: '{}': AND and OR need parentheses where they meet", now().text));
}

Error TokenReader::unsupported(std::string_view what) const {
    return malformed_here(fmt::format("this sandbox does not answer {}", what));
}

Error TokenReader::malformed_here(std::string_view what) const {
    return malformed(soql_, now().at, what);
}

}  // namespace koppla::sandbox::soql
