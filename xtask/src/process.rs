//! Child processes: what `run` starts is printed first, and a failure is a sentence.

use std::io::{self, Read};
use std::process::{Command, Stdio};

use crate::Outcome;

/// Runs to the end with the terminal as it is.
pub(crate) fn run(command: &mut Command) -> Outcome {
    announce(command);
    let status = command.status().map_err(|why| not_started(command, &why))?;
    if status.success() { Ok(()) } else { Err(format!("`{}` failed ({status})", line(command))) }
}

/// Runs to the end, and returns all that the child says, errors among it, with whether it succeeded.
pub(crate) fn read(command: &mut Command) -> Outcome<(bool, String)> {
    let (mut reader, writer) = io::pipe().map_err(|why| not_read(command, &why))?;
    let errors = writer.try_clone().map_err(|why| not_read(command, &why))?;
    let started = command.stdin(Stdio::null()).stdout(writer).stderr(errors).spawn();
    // What this side holds of the pipe would keep it open.
    command.stdout(Stdio::null()).stderr(Stdio::null());
    let mut child = started.map_err(|why| not_started(command, &why))?;
    let mut said = Vec::new();
    reader.read_to_end(&mut said).map_err(|why| not_read(command, &why))?;
    let status = child.wait().map_err(|why| not_started(command, &why))?;
    Ok((status.success(), String::from_utf8_lossy(&said).into_owned()))
}

/// What a quick, silent child prints, where it can be started and succeeds.
pub(crate) fn answer(command: &mut Command) -> Option<String> {
    let output = command.stdin(Stdio::null()).stderr(Stdio::null()).output().ok()?;
    let text = String::from_utf8_lossy(&output.stdout).trim().to_owned();
    output.status.success().then_some(text)
}

/// The command as one would type it.
fn line(command: &Command) -> String {
    let program = std::path::Path::new(command.get_program());
    let mut words =
        vec![program.file_stem().unwrap_or(command.get_program()).to_string_lossy().into_owned()];
    words.extend(command.get_args().map(|word| {
        let word = word.to_string_lossy().into_owned();
        if word.contains(char::is_whitespace) { format!("'{word}'") } else { word }
    }));
    words.join(" ")
}

fn announce(command: &Command) {
    println!("\n$ {}", line(command));
}

fn not_started(command: &Command, why: &std::io::Error) -> String {
    format!("`{}` could not be run: {why}", line(command))
}

fn not_read(command: &Command, why: &io::Error) -> String {
    format!("`{}` could not be read: {why}", line(command))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_command_is_printed_as_one_would_type_it() {
        let mut command = Command::new("/usr/bin/cargo");
        command.args(["test", "--test", "two words"]);
        assert_eq!(line(&command), "cargo test --test 'two words'");
    }

    #[cfg(unix)]
    #[test]
    fn what_a_child_says_is_read_with_its_errors_in_order() {
        let mut shell = Command::new("sh");
        shell.args(["-c", "echo one; echo two >&2; echo three; exit 3"]);
        assert_eq!(read(&mut shell), Ok((false, "one\ntwo\nthree\n".to_owned())));
    }

    #[test]
    fn a_program_that_is_not_there_is_named() {
        assert_eq!(answer(&mut Command::new("no-such-program")), None);
        let why = run(&mut Command::new("no-such-program")).unwrap_err();
        assert!(why.contains("`no-such-program` could not be run"), "{why}");
    }
}
