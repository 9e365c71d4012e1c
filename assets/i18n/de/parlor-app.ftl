### Parlor auf Deutsch. Die anderen Sprachen haben dieselben Namen, jeder mit denselben Argumenten.

app-name = Parlor

## Allgemeines

back = Zurück
close = Schließen
dismiss = Ausblenden
cancel = Abbrechen
save = Speichern
copy = Kopieren
copied = Kopiert
files-copied = Kopiert. Füge sie ein, wo du sie haben möchtest.
saved-copy = Kopie gespeichert
undo = Rückgängig
retry = Noch einmal
more = Mehr
today = Heute
yesterday = Gestern
speed = { $size }/s
left-seconds = noch { $count } s
left-minutes = noch { $count } min
left-hours = noch { $hours } Std. { $minutes } Min.
you = Du
unnamed = Jemand

## Öffnen

opening = Wird geöffnet …
broken-title = Parlor kann nicht starten
broken-text = Was Parlor auf diesem Gerät aufbewahrt, lässt sich nicht lesen. Es wurde nichts verändert.
failed-title = Das lässt sich nicht anzeigen
failed-text = Das ist ein Fehler von Parlor. Deine Nachrichten und Dateien sind sicher, und was unterwegs ist, läuft weiter.
failed-back = Zurück zu den Räumen

## Willkommen

welcome-title = Reden und teilen, von Gerät zu Gerät
welcome-text = Ohne Konto. Kein Server sieht deine Worte oder Fotos.
welcome-name = Dein Name
welcome-hint = Damit die anderen wissen, wer du bist
welcome-go = Los geht’s
avatar-title = So sehen dich andere
avatar-colour = Farbe
avatar-colour-number = Farbe { $number }
avatar-picture = Bild
avatar-letter = Anfangsbuchstabe des Namens

## Startseite

home-title = Räume
new-room = Neuer Raum
join-room = Beitreten
home-empty-title = Öffne einen Raum und lade jemanden ein
home-empty-text = Code scannen, und schon seid ihr verbunden: direkt von deinem Gerät zum anderen.
name-separator = { ", " }
room-nobody = Neuer Raum
last-nothing = Noch hat niemand etwas gesagt
last-draft = Entwurf: { $text }
last-you = Du: { $text }
last-other = { $name }: { $text }
photos = { $count ->
    [one] 1 Foto
   *[other] { $count } Fotos
}
files = { $count ->
    [one] 1 Datei
   *[other] { $count } Dateien
}
here-now = { $count ->
    [one] 1 Person hier
   *[other] { $count } Personen hier
}
unread = { $count ->
    [one] 1 neue Nachricht
   *[other] { $count } neue Nachrichten
}
room-broken = Lässt sich nicht öffnen
choose-room-title = Mach weiter, wo du aufgehört hast
choose-room-text = Wähle links einen Raum oder öffne einen neuen.

## Beitreten

join-title = Einem Raum beitreten
join-text = Füge den Link ein, den du bekommen hast, oder tippe den Code.
join-label = Link oder Code
join-placeholder = 4821-amber-otter-canoe
join-go = Beitreten
join-picture = Bild mit QR-Code wählen
join-scan = QR-Code scannen
join-drop = Oder hier ablegen
join-busy = Anklopfen …
problem-not-link = Das ist keine Einladung zu Parlor. Lass dir den Link noch einmal geben oder tippe den Code.
problem-lost-key = Dem Link fehlt das Ende, der Schlüssel nach dem #. Lass ihn dir noch einmal schicken, über eine andere App.
problem-damaged = Der Link ist beschädigt oder unvollständig. Kopiere ihn noch einmal ganz.
problem-newer = Für diesen Link brauchst du ein neueres Parlor. Aktualisiere die App.
problem-too-long = Das ist viel zu lang für eine Einladung.
problem-link-server = Der Link nennt einen Server, der sich nicht nutzen lässt: { $reason }
problem-code-number = Ein Code beginnt mit seiner Zahl, wie bei 4821-amber-otter-canoe.
problem-code-few = Zu einem Code gehören drei Wörter nach der Zahl.
problem-code-many = Zu einem Code gehören nur drei Wörter nach der Zahl.
problem-code-word = Das Wort „{ $word }“ kommt in keinem Code vor.
problem-code-meant = Das Wort „{ $word }“ kommt in keinem Code vor. Meinst du „{ $meant }“?
problem-code-short = „{ $word }“ ist zu kurz. Tippe vier Buchstaben des Wortes.
problem-no-server = Ein Code gilt nur auf dem Server, auf dem er entstanden ist. Trage in den Einstellungen einen ein oder nimm den Link oder den QR-Code.
problem-server = Der Server in den Einstellungen lässt sich nicht nutzen: { $reason }
problem-exchange = Das hat nicht geklappt: { $reason }
problem-no-qr = In diesem Bild ist kein QR-Code zu erkennen.
problem-picture = Dieses Bild lässt sich nicht lesen: { $reason }

## Raum

invite = Einladen
room-menu = Raum
room-empty-title = Hier ist es noch still
room-empty-text = Lade jemanden ein oder lege Fotos hier ab: Sie gehen raus, sobald jemand da ist.
compose-placeholder = Nachricht
compose-send = Senden
compose-photos = Fotos
compose-files = Dateien
drop-here = Ablegen, um es mit allen hier zu teilen
show-older = Frühere Nachrichten
state-pending = Wird gespeichert …
state-waiting = Wartet, bis jemand kommt
state-delivered = { $count ->
    [one] Zugestellt
   *[other] An { $count } zugestellt
}
state-failed = Nicht gesendet: { $reason }
banner-outside = Dieser Raum lässt sich nicht öffnen: { $reason }
banner-rejected = Der Server hat diesen Raum abgelehnt: { $reason }. Wer hier ist, bleibt verbunden.
banner-lost-company = Kein Server. Ihr bleibt verbunden, aber niemand kann neu dazukommen.
banner-lost-alone = Keine Verbindung zum Server. Was du schreibst, wird aufbewahrt und geht später raus.
preparing = Dateien werden gelesen … { $done } von { $total }
peer-connected = { $name }, verbunden
peer-connecting = { $name }, wird verbunden
peer-away = { $name }, nicht hier
reply = Antworten
reply-stop = Doch nicht antworten
reply-unknown = Eine Nachricht, die nicht auf diesem Gerät ist
typing-one = { $name } schreibt …
typing-two = { $name } und { $other } schreiben …
typing-many = { $count } Personen schreiben …

## Dateien

take = Annehmen
decline = Ablehnen
take-after-all = Doch annehmen
pause = Anhalten
resume = Fortsetzen
open = Öffnen
reveal = Im Ordner zeigen
save-copy = Kopie speichern
share-out = Teilen
offer-asked = { $name } möchte dir { $what } senden ({ $size })
files-waiting = Geht raus, sobald es jemand annimmt
files-moving = { $done } von { $total }
files-held-us = Angehalten
files-held-them = Von der anderen Seite angehalten
files-held-reason = Angehalten: { $reason }
files-done = Empfangen
files-incomplete = { $failed } von { $count } kamen nicht an
files-sent = { $count ->
    [one] An 1 Person gesendet
   *[other] An { $count } Personen gesendet
}
files-declined = Abgelehnt
files-cancelled-us = Von dir abgebrochen
files-cancelled-them = Von der anderen Seite abgebrochen
files-over = Nicht mehr verfügbar
photo-closer = Vergrößern
photo-whole = Verkleinern
photo-before = Vorheriges Foto
photo-after = Nächstes Foto
photo-problem = Dieses Foto kann hier nicht gezeigt werden. Vielleicht zeigt es eine andere App.
file-failed = { $name }: { $reason }
files-more = + { $count }

## Einladung

invite-title = In diesen Raum einladen
invite-scan = Mit einer Handykamera oder in Parlor scannen
invite-code = Oder diesen Code eintippen
invite-code-wait = Code wird geholt …
invite-code-none = Ein Code braucht den Server, und der ist gerade nicht erreichbar.
invite-new-code = Neuer Code
invite-copy-link = Link kopieren
invite-local = Funktioniert für Leute in deinem Netzwerk.
invite-came = { $name } ist da
invite-secret = Wer das hier hat, kommt rein. Gib es nur Leuten, die du dabeihaben willst.
qr-label = QR-Code der Einladung

## Person

peer-path-near = Im selben Netzwerk, nichts dazwischen
peer-path-direct = Direkt über das Internet
peer-path-relay = Über ein Relay, das nichts mitlesen kann
peer-path-none = Nicht verbunden
peer-delay = { $ms } ms entfernt
peer-verify-title = Sind diese Bilder auf beiden Bildschirmen gleich?
peer-verify-text = Vergleiche sie mit { $name }, am Telefon oder nebeneinander. Sind sie gleich, ist niemand dazwischen.
peer-match = Gleich
peer-differ = Verschieden
peer-verified = Verifiziert. Es ist dasselbe Gerät wie bei eurem Vergleich.
peer-new = Diesem Gerät begegnest du zum ersten Mal.
peer-known = Diesem Gerät bist du schon einmal begegnet.
peer-name-taken = Vorsicht: Ein anderes Gerät, das du kennst, heißt { $owner }.
peer-forget = Gerät vergessen
block = Blockieren
unblock = Nicht mehr blockieren
block-text = Ein blockiertes Gerät verbindet sich in keinem Raum mit deinem. Andere im Raum hören weiter von ihm.
blocked = { $name } ist blockiert

## Menü des Raums

menu-name = Name des Raums
menu-name-hint = Nur du siehst ihn
menu-forget = Verlassen und vergessen
menu-forget-text = Entfernt den Raum und alles, was darin gesagt wurde, von diesem Gerät. Empfangene Dateien bleiben.
forgetting = Raum entfernt
forgetting-device = { $name } ist vergessen

## Teilen

share-title = Senden an …
share-what = { $count ->
    [one] 1 Datei ist bereit
   *[other] { $count } Dateien sind bereit
}

## Übertragungen

transfers = Übertragungen
transfers-empty-title = Nichts unterwegs
transfers-empty-text = Hier erscheinen Fotos und Dateien, die du sendest und empfängst.
transfers-now = { $count ->
    [one] 1 Übertragung läuft
   *[other] { $count } Übertragungen laufen
}

## Einstellungen

settings = Einstellungen
settings-you = Du
settings-name = Name
settings-look = Darstellung
look-system = System
look-light = Hell
look-dark = Dunkel
settings-language = Sprache
language-system = Wie das System
settings-receiving = Empfang
settings-folder = Dateien speichern in
settings-folder-default = Downloads
settings-change = Ändern
settings-accept = Ohne Nachfrage annehmen
accept-nobody = Nie
accept-verified = Von Verifizierten
accept-known = Von Bekannten
accept-anyone = Von allen im Raum
settings-any-kind = Alle Arten von Dateien
settings-any-kind-text = Sonst nur Fotos, Videos und Ton
settings-privacy = Privatsphäre
settings-clean = Ort und Kamera aus Fotos entfernen
settings-clean-text = Fotos gehen ohne das raus, was sie über dich verraten
settings-relay = Meine Adresse verbergen
settings-relay-text = Verbindet nur über ein Relay, das ist langsamer
settings-notify = Benachrichtigungen
settings-typing = Anderen zeigen, dass ich schreibe
settings-blocked = Blockiert
settings-server = Server
settings-server-text = Er macht Leute miteinander bekannt und sieht sonst nichts. Leer: Dieses Gerät übernimmt das, für Leute in deinem Netzwerk.
settings-about = Über Parlor
settings-diagnostics = Diagnose

## Diagnose

diagnostics-text = Für Leute, die dir bei einem Problem helfen. Enthält keine Namen, Nachrichten oder Schlüssel.
diagnostics-copy = Bericht kopieren

## Über Parlor

about-version = Version { $version }
about-text = Leute in einem Raum geben einander Worte, Fotos und Dateien, von Gerät zu Gerät. Der Server macht sie nur miteinander bekannt.
about-licences = Auf der Arbeit anderer gebaut
about-fonts = Inter und Noto Color Emoji, SIL Open Font License 1.1
about-icons = Symbole von Lucide, ISC License
about-crates = Rust-Bibliotheken unter MIT, Apache 2.0 und ähnlichen Lizenzen

## Lizenzen

licences = Lizenzen
licences-all = Alles im Einzelnen, mit den Lizenzen
licences-text = Parlor ist aus dieser Arbeit anderer gebaut. Danke dafür! Jeder Name öffnet die Bedingungen, die zu ihm gehören.
licences-others = Schriften, Symbole und Wörter
licences-crates = Bibliotheken
licences-source = Quelltext: { $address }

## Hinweise

trouble-room = Der Raum lässt sich nicht öffnen: { $reason }
trouble-say = Nicht gesendet: { $reason }
trouble-prepare = { $name } lässt sich nicht senden: { $reason }
trouble-keep = Nicht gespeichert: { $reason }
trouble-show = Lässt sich nicht anzeigen: { $reason }
trouble-save = Keine Kopie gespeichert: { $reason }
trouble-share-out = Lässt sich nicht teilen: { $reason }
trouble-camera = Die Kamera lässt sich nicht nutzen: { $reason }
trouble-clipboard = Die Zwischenablage lässt sich nicht nutzen: { $reason }

## Emoji des Vergleichs, wie man sie laut sagt

emoji-elephant = Elefant
emoji-camel = Kamel
emoji-monkey = Affe
emoji-whale = Wal
emoji-crab = Krabbe
emoji-snake = Schlange
emoji-turtle = Schildkröte
emoji-frog = Frosch
emoji-owl = Eule
emoji-duck = Ente
emoji-penguin = Pinguin
emoji-snail = Schnecke
emoji-spider = Spinne
emoji-butterfly = Schmetterling
emoji-sheep = Schaf
emoji-bat = Fledermaus
emoji-lemon = Zitrone
emoji-grapes = Trauben
emoji-pineapple = Ananas
emoji-cherries = Kirschen
emoji-watermelon = Wassermelone
emoji-carrot = Karotte
emoji-croissant = Croissant
emoji-cheese = Käse
emoji-pizza = Pizza
emoji-doughnut = Donut
emoji-egg = Ei
emoji-pepper = Chili
emoji-popcorn = Popcorn
emoji-mushroom = Pilz
emoji-cactus = Kaktus
emoji-sunflower = Sonnenblume
emoji-rainbow = Regenbogen
emoji-snowman = Schneemann
emoji-lightning = Blitz
emoji-moon = Mond
emoji-volcano = Vulkan
emoji-leaf = Blatt
emoji-balloon = Luftballon
emoji-key = Schlüssel
emoji-bell = Glocke
emoji-umbrella = Regenschirm
emoji-anchor = Anker
emoji-guitar = Gitarre
emoji-trumpet = Trompete
emoji-drum = Trommel
emoji-die = Würfel
emoji-scissors = Schere
emoji-hammer = Hammer
emoji-light-bulb = Glühbirne
emoji-candle = Kerze
emoji-alarm-clock = Wecker
emoji-camera = Kamera
emoji-books = Bücher
emoji-top-hat = Zylinder
emoji-crown = Krone
emoji-glasses = Brille
emoji-telescope = Teleskop
emoji-bicycle = Fahrrad
emoji-rocket = Rakete
emoji-train = Zug
emoji-sailboat = Segelboot
emoji-helicopter = Hubschrauber
emoji-tractor = Traktor

## Bilder, mit denen Leute gezeigt werden

emblem-dog = Hund
emblem-tiger = Tiger
emblem-lion = Löwe
emblem-bear = Bär
emblem-panda = Panda
emblem-koala = Koala
emblem-pig = Schwein
emblem-monkey-face = Affengesicht
emblem-chicken = Huhn
emblem-chick = Küken
emblem-unicorn = Einhorn
emblem-cow = Kuh
emblem-hamster = Hamster
emblem-raccoon = Waschbär
emblem-dragon = Drache
emblem-ladybird = Marienkäfer
emblem-strawberry = Erdbeere
emblem-avocado = Avocado
emblem-cookie = Keks
emblem-cupcake = Törtchen
emblem-present = Geschenk
emblem-palette = Farbpalette
emblem-kite = Papierdrachen
emblem-basketball = Basketball
