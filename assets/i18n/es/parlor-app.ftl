### Parlor en español. Los demás idiomas tienen los mismos nombres, cada uno con los mismos argumentos.

app-name = Parlor

## General

back = Atrás
close = Cerrar
dismiss = Descartar
cancel = Cancelar
save = Guardar
copy = Copiar
copied = Copiado
files-copied = Copiado. Pégalo donde quieras.
saved-copy = Copia guardada
undo = Deshacer
retry = Reintentar
more = Más
today = Hoy
yesterday = Ayer
speed = { $size }/s
left-seconds = quedan { $count } s
left-minutes = quedan { $count } min
left-hours = quedan { $hours } h { $minutes } min
you = Tú
unnamed = Alguien

## Apertura

opening = Abriendo…
broken-title = Parlor no puede iniciarse
broken-text = No se puede leer lo que Parlor guarda en este dispositivo. No se ha cambiado nada.
failed-title = Esto no se puede mostrar
failed-text = Es un fallo de Parlor. Tus mensajes y archivos están a salvo, y lo que está en camino continúa.
failed-back = Volver a las salas

## Bienvenida

welcome-title = Habla y comparte, de dispositivo a dispositivo
welcome-text = Sin cuenta. Ningún servidor ve tus palabras ni tus fotos.
welcome-name = Tu nombre
welcome-hint = Para que los demás sepan quién eres
welcome-go = Empezar
avatar-title = Cómo te ven los demás
avatar-colour = Color
avatar-colour-number = Color { $number }
avatar-picture = Imagen
avatar-letter = Inicial del nombre

## Inicio

home-title = Salas
new-room = Nueva sala
join-room = Unirse
home-empty-title = Abre una sala e invita a alguien
home-empty-text = Basta con escanear un código: la conexión va directa de tu dispositivo al suyo.
name-separator = { ", " }
room-nobody = Nueva sala
last-nothing = Nadie ha dicho nada todavía
last-draft = Borrador: { $text }
last-you = Tú: { $text }
last-other = { $name }: { $text }
photos = { $count ->
    [one] 1 foto
   *[other] { $count } fotos
}
files = { $count ->
    [one] 1 archivo
   *[other] { $count } archivos
}
here-now = { $count ->
    [one] 1 persona aquí
   *[other] { $count } personas aquí
}
unread = { $count ->
    [one] 1 mensaje nuevo
   *[other] { $count } mensajes nuevos
}
room-broken = No se puede abrir
choose-room-title = Sigue donde lo dejaste
choose-room-text = Elige una sala a la izquierda o abre una nueva.

## Unirse

join-title = Unirse a una sala
join-text = Pega el enlace que te dieron o escribe el código.
join-label = Enlace o código
join-placeholder = 4821-amber-otter-canoe
join-go = Unirse
join-picture = Usar imagen con código QR
join-scan = Escanear un código QR
join-drop = O suéltala aquí
join-busy = Pidiendo entrar…
problem-not-link = Esto no es una invitación a Parlor. Pide otra vez el enlace o escribe el código.
problem-lost-key = Al enlace le falta el final, la clave que va después de #. Pide que te lo envíen otra vez, por otra app.
problem-damaged = El enlace está dañado o incompleto. Vuelve a copiarlo entero.
problem-newer = Este enlace necesita un Parlor más reciente. Actualiza la app.
problem-too-long = Es demasiado largo para ser una invitación.
problem-link-server = El enlace indica un servidor que no se puede usar: { $reason }
problem-code-number = Un código empieza por su número, como en 4821-amber-otter-canoe.
problem-code-few = Un código lleva tres palabras después del número.
problem-code-many = Un código lleva solo tres palabras después del número.
problem-code-word = Ningún código lleva la palabra «{ $word }».
problem-code-meant = Ningún código lleva la palabra «{ $word }». ¿Querías decir «{ $meant }»?
problem-code-short = «{ $word }» es muy corto. Escribe cuatro letras de la palabra.
problem-no-server = Un código solo funciona con el servidor en el que se creó. Indica uno en los ajustes o usa el enlace o el código QR.
problem-server = No se puede usar el servidor de los ajustes: { $reason }
problem-exchange = No ha funcionado: { $reason }
problem-no-qr = No se ve ningún código QR en esta imagen.
problem-picture = No se puede leer esta imagen: { $reason }

## Sala

invite = Invitar
room-menu = Sala
room-empty-title = Todo tranquilo por aquí
room-empty-text = Invita a alguien o suelta fotos aquí: saldrán en cuanto llegue alguien.
compose-placeholder = Mensaje
compose-send = Enviar
compose-photos = Fotos
compose-files = Archivos
drop-here = Suelta para compartir con toda la sala
show-older = Mensajes anteriores
state-pending = Guardando…
state-waiting = Esperando a que llegue alguien
state-delivered = { $count ->
    [one] Entregado
   *[other] Entregado a { $count }
}
state-failed = No enviado: { $reason }
banner-outside = No se puede abrir esta sala: { $reason }
banner-rejected = El servidor ha rechazado esta sala: { $reason }. Quien está aquí sigue en conexión.
banner-lost-company = Sin servidor. La conexión sigue, pero no puede entrar nadie más.
banner-lost-alone = Sin conexión con el servidor. Lo que escribas se guarda y saldrá más tarde.
preparing = Leyendo archivos… { $done } de { $total }
peer-connected = { $name }, en línea
peer-connecting = { $name }, conectando
peer-away = { $name }, no está aquí
reply = Responder
reply-stop = No responder
reply-unknown = Un mensaje que no está en este dispositivo
typing-one = { $name } está escribiendo…
typing-two = { $name } y { $other } están escribiendo…
typing-many = { $count } personas están escribiendo…

## Archivos

take = Aceptar
decline = Rechazar
take-after-all = Aceptar de todos modos
pause = Pausar
resume = Reanudar
open = Abrir
reveal = Ver en la carpeta
save-copy = Guardar una copia
share-out = Compartir
offer-asked = { $name } quiere enviarte { $what } ({ $size })
files-waiting = Saldrá cuando alguien lo acepte
files-moving = { $done } de { $total }
files-held-us = En pausa
files-held-them = La otra parte lo ha pausado
files-held-reason = En pausa: { $reason }
files-done = Recibido
files-incomplete = No llegaron { $failed } de { $count }
files-sent = { $count ->
    [one] Enviado a 1 persona
   *[other] Enviado a { $count } personas
}
files-declined = Rechazado
files-cancelled-us = Lo has cancelado
files-cancelled-them = La otra parte lo ha cancelado
files-over = Ya no está disponible
photo-closer = Acercar
photo-whole = Alejar
photo-before = Foto anterior
photo-after = Foto siguiente
photo-problem = Esta foto no se puede mostrar aquí. Quizá otra aplicación pueda.
file-failed = { $name }: { $reason }
files-more = + { $count }

## Invitación

invite-title = Invitar a esta sala
invite-scan = Para escanear con la cámara de un móvil o en Parlor
invite-code = O con este código
invite-code-wait = Obteniendo un código…
invite-code-none = Para tener un código hace falta el servidor, y ahora no responde.
invite-new-code = Otro código
invite-copy-link = Copiar enlace
invite-local = Funciona para quienes estén en tu red.
invite-came = { $name } ya está aquí
invite-secret = Quien tenga esto puede entrar. Dáselo solo a quien quieras ver aquí.
qr-label = Código QR de la invitación

## Persona

peer-path-near = En la misma red, sin nada en medio
peer-path-direct = Directamente por internet
peer-path-relay = A través de un repetidor que no puede leer nada
peer-path-none = Sin conexión
peer-delay = a { $ms } ms
peer-verify-title = ¿Salen los mismos dibujos en las dos pantallas?
peer-verify-text = Compáralos con { $name }, de viva voz o lado a lado. Si coinciden, no hay nadie en medio.
peer-match = Coinciden
peer-differ = No coinciden
peer-verified = Verificado. Es el mismo dispositivo que cuando lo comparaste.
peer-new = Es la primera vez que te encuentras con este dispositivo.
peer-known = Ya te has encontrado antes con este dispositivo.
peer-name-taken = Cuidado: otro dispositivo que conoces se llama { $owner }.
peer-forget = Olvidar dispositivo
block = Bloquear
unblock = Desbloquear
block-text = Un dispositivo bloqueado no se conecta con el tuyo en ninguna sala. Los demás de la sala siguen recibiendo lo suyo.
blocked = Has bloqueado a { $name }

## Menú de la sala

menu-name = Nombre de la sala
menu-name-hint = Solo lo ves tú
menu-forget = Salir y olvidar
menu-forget-text = Borra de este dispositivo la sala y todo lo que se dijo en ella. Los archivos recibidos se quedan.
forgetting = Sala eliminada
forgetting-device = Se ha olvidado a { $name }

## Compartir

share-title = Enviar a…
share-what = { $count ->
    [one] 1 archivo listo para salir
   *[other] { $count } archivos listos para salir
}

## Transferencias

transfers = Transferencias
transfers-empty-title = Nada en camino
transfers-empty-text = Aquí aparecen las fotos y los archivos que envías y recibes.
transfers-now = { $count ->
    [one] 1 transferencia en curso
   *[other] { $count } transferencias en curso
}

## Ajustes

settings = Ajustes
settings-you = Tú
settings-name = Nombre
settings-look = Aspecto
look-system = Sistema
look-light = Claro
look-dark = Oscuro
settings-language = Idioma
language-system = El del sistema
settings-receiving = Recepción
settings-folder = Guardar archivos en
settings-folder-default = Descargas
settings-change = Cambiar
settings-accept = Aceptar sin preguntar
accept-nobody = Nunca
accept-verified = De gente verificada
accept-known = De gente conocida
accept-anyone = De toda la sala
settings-any-kind = Todo tipo de archivos
settings-any-kind-text = Si no, solo fotos, vídeos y audio
settings-privacy = Privacidad
settings-clean = Quitar lugar y cámara de las fotos
settings-clean-text = Las fotos salen sin lo que cuentan de ti
settings-relay = Ocultar mi dirección
settings-relay-text = Conecta solo a través de un repetidor, que es más lento
settings-notify = Notificaciones
settings-typing = Mostrar a los demás que estoy escribiendo
settings-blocked = Bloqueados
settings-server = Servidor
settings-server-text = Pone a la gente en contacto y no ve nada más. Si lo dejas vacío, lo hace este dispositivo, para quienes estén en tu red.
settings-about = Acerca de Parlor
settings-diagnostics = Diagnóstico

## Diagnóstico

diagnostics-text = Para quien te ayude con un problema. No contiene nombres, mensajes ni claves.
diagnostics-copy = Copiar informe

## Acerca de

about-version = Versión { $version }
about-text = Quienes están en una sala se pasan palabras, fotos y archivos, de dispositivo a dispositivo. El servidor solo hace las presentaciones.
about-licences = Hecho gracias al trabajo de otros
about-fonts = Inter y Noto Color Emoji, SIL Open Font License 1.1
about-icons = Iconos de Lucide, ISC License
about-crates = Bibliotecas de Rust con licencias MIT, Apache 2.0 y similares

## Licencias

licences = Licencias
licences-all = Todo en detalle, con sus licencias
licences-text = Parlor está hecho con este trabajo de otros, y se lo agradece. Cada nombre abre las condiciones con las que viene.
licences-others = Tipos de letra, iconos y palabras
licences-crates = Bibliotecas
licences-source = Código fuente: { $address }

## Avisos

trouble-room = No se puede abrir la sala: { $reason }
trouble-say = No enviado: { $reason }
trouble-prepare = No se puede enviar { $name }: { $reason }
trouble-keep = No guardado: { $reason }
trouble-show = No se puede mostrar: { $reason }
trouble-save = No se guardó ninguna copia: { $reason }
trouble-share-out = No se puede compartir: { $reason }
trouble-camera = No se puede usar la cámara: { $reason }
trouble-clipboard = No se puede usar el portapapeles: { $reason }

## Emojis de la comparación, como se dicen en voz alta

emoji-elephant = elefante
emoji-camel = camello
emoji-monkey = mono
emoji-whale = ballena
emoji-crab = cangrejo
emoji-snake = serpiente
emoji-turtle = tortuga
emoji-frog = rana
emoji-owl = búho
emoji-duck = pato
emoji-penguin = pingüino
emoji-snail = caracol
emoji-spider = araña
emoji-butterfly = mariposa
emoji-sheep = oveja
emoji-bat = murciélago
emoji-lemon = limón
emoji-grapes = uvas
emoji-pineapple = piña
emoji-cherries = cerezas
emoji-watermelon = sandía
emoji-carrot = zanahoria
emoji-croissant = cruasán
emoji-cheese = queso
emoji-pizza = pizza
emoji-doughnut = dónut
emoji-egg = huevo
emoji-pepper = chile
emoji-popcorn = palomitas
emoji-mushroom = seta
emoji-cactus = cactus
emoji-sunflower = girasol
emoji-rainbow = arcoíris
emoji-snowman = muñeco de nieve
emoji-lightning = rayo
emoji-moon = luna
emoji-volcano = volcán
emoji-leaf = hoja
emoji-balloon = globo
emoji-key = llave
emoji-bell = campana
emoji-umbrella = paraguas
emoji-anchor = ancla
emoji-guitar = guitarra
emoji-trumpet = trompeta
emoji-drum = tambor
emoji-die = dado
emoji-scissors = tijeras
emoji-hammer = martillo
emoji-light-bulb = bombilla
emoji-candle = vela
emoji-alarm-clock = despertador
emoji-camera = cámara
emoji-books = libros
emoji-top-hat = chistera
emoji-crown = corona
emoji-glasses = gafas
emoji-telescope = telescopio
emoji-bicycle = bicicleta
emoji-rocket = cohete
emoji-train = tren
emoji-sailboat = velero
emoji-helicopter = helicóptero
emoji-tractor = tractor

## Imágenes con las que se muestra a la gente

emblem-dog = perro
emblem-tiger = tigre
emblem-lion = león
emblem-bear = oso
emblem-panda = panda
emblem-koala = koala
emblem-pig = cerdo
emblem-monkey-face = cara de mono
emblem-chicken = gallina
emblem-chick = pollito
emblem-unicorn = unicornio
emblem-cow = vaca
emblem-hamster = hámster
emblem-raccoon = mapache
emblem-dragon = dragón
emblem-ladybird = mariquita
emblem-strawberry = fresa
emblem-avocado = aguacate
emblem-cookie = galleta
emblem-cupcake = magdalena
emblem-present = regalo
emblem-palette = paleta
emblem-kite = cometa
emblem-basketball = baloncesto
